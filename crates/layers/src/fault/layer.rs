//! What the rules do to a call.

use super::{
    Effect, Fault, RuleId, RuleReport,
    open::{GONE, Open, Place},
};
use crate::names::Known;
use std::future::pending;
use tokio::time::sleep;
use wharf_core::{Call, Error, Item, Items, Layer, Next, Outcome, Pending, Result, Session};

impl Layer for Fault {
    async fn around<'a, T: Outcome>(&self, call: Call<'_>, next: impl Next<'a, T>) -> Result<T> {
        Ok(self.send(call, next).await?.0)
    }

    async fn around_stream<'a, T: Item>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, Items<T>>,
    ) -> Result<Items<T>> {
        let (items, open) = self.send(call, next).await?;
        Ok(open.items(items))
    }

    async fn around_session<'a>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, Session>,
    ) -> Result<Session> {
        let (session, open) = self.send(call, next).await?;
        Ok(open.session(session))
    }

    async fn around_pending<'a, T: Outcome>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, Pending<T>>,
    ) -> Result<Pending<T>> {
        let (pending, open) = self.send(call, next).await?;
        Ok(Pending::new(async move { open.unless_gone(pending).await }))
    }
}

impl Fault {
    /// What is to become of this call, in order.
    fn plan(&self, place: &Place, known: Option<&Known>) -> Vec<(RuleId, Effect)> {
        let (mut plan, mut over) = (Vec::new(), false);
        // An engine that is not there can neither wait nor refuse: all that a rule can do is call it back.
        let mut gone = self.is_engine_gone();
        for (&id, RuleReport { rule, calls, .. }) in &mut self.rules().by_id {
            if !rule.is_about(place.operation, place.target.as_ref(), known) {
                continue;
            }
            *calls += 1;
            if over || !rule.when.hits(*calls, self.0.seed.rotate_left(32) ^ id.0) {
                continue;
            }
            gone &= rule.effect != Effect::EngineBack;
            if !gone {
                over = rule.effect.ends_the_call();
                plan.push((id, rule.effect.clone()));
            }
        }
        plan
    }

    /// Sends a call on, through what the rules have for it. What they have for a stream is left over.
    async fn send<'a, T: 'static>(
        &self,
        call: Call<'_>,
        next: impl Next<'a, T>,
    ) -> Result<(T, Open)> {
        let known = self.0.names.find(call);
        let place = Place {
            operation: call.operation(),
            target: call.target(),
        };
        let outages = self.0.engine.outages();
        let (on_stream, on_call) = self
            .plan(&place, known.as_deref())
            .into_iter()
            .partition(|(_, effect)| effect.is_on_a_stream());
        let open = Open {
            fault: self.clone(),
            place,
            outages,
            effects: on_stream,
        };
        let work = async {
            let answer = next().await?;
            self.0.names.learn(call, known.as_ref(), &answer);
            Ok(answer)
        };
        let answer = open.unless_gone(self.carry_out(&open.place, on_call, work));
        Ok((answer.await?, open))
    }

    async fn carry_out<T>(
        &self,
        place: &Place,
        plan: Vec<(RuleId, Effect)>,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let mut losing = Vec::new();
        for (rule, effect) in plan {
            if effect == Effect::LoseAnswer {
                losing.push(rule);
                continue;
            }
            self.took_effect(rule);
            match effect {
                Effect::Fail(failure) => return Err(place.fails(&failure)),
                Effect::Delay(by) => sleep(by).await,
                Effect::Hang => pending().await,
                Effect::EngineGone { back_after } => {
                    self.0.engine.go(back_after);
                    return Err(place.breaks(GONE, false));
                }
                Effect::EngineBack => self.engine_back(),
                Effect::LoseAnswer
                | Effect::Cut { .. }
                | Effect::RepeatItem(_)
                | Effect::DropItem(_) => {}
            }
        }
        if self.is_engine_gone() {
            return Err(place.breaks(GONE, false));
        }
        let answer = work.await;
        // What was not sent has no answer that could be lost.
        let was_sent = answer.as_ref().err().is_none_or(Error::was_sent);
        if losing.is_empty() || !was_sent {
            return answer;
        }
        for rule in losing {
            self.took_effect(rule);
        }
        Err(place.breaks("the answer is lost, by a fault rule", true))
    }
}
