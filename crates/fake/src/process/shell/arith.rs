//! `$((…))`: 64-bit integers with the operators of C.

use super::lexer::is_name;

/// Deeper nesting of parentheses and variables is refused.
const DEPTH_LIMIT: u32 = 64;

const TOO_DEEP: &str = "expression recursion loop detected";

/// Where an expression finds its variables.
pub(super) trait Scope {
    fn get(&self, name: &str) -> Option<String>;
    /// Answers what is wrong if the variable may not be set.
    fn set(&mut self, name: &str, value: i64) -> Result<(), String>;
}

pub(super) const SYNTAX: &str = "arithmetic syntax error";

/// Evaluates `text`; the error is the sentence that the shell prints.
pub(super) fn evaluate(text: &str, scope: &mut dyn Scope) -> Result<i64, String> {
    evaluate_at(text, scope, 0)
}

fn evaluate_at(text: &str, scope: &mut dyn Scope, depth: u32) -> Result<i64, String> {
    let mut parser = Expression {
        rest: text,
        scope,
        depth,
        live: true,
    };
    if parser.peek().is_none() {
        return Ok(0);
    }
    let value = parser.comma()?;
    if parser.peek().is_some() {
        Err(SYNTAX.to_owned())
    } else {
        Ok(value)
    }
}

struct Expression<'a> {
    rest: &'a str,
    scope: &'a mut dyn Scope,
    depth: u32,
    /// False in a branch that is read but not taken.
    live: bool,
}

/// Binary operators by precedence, weakest first; within a row the longest first.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

const ASSIGNMENTS: [&str; 11] = [
    "<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "=",
];

impl Expression<'_> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self, operator: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(operator) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn comma(&mut self) -> Result<i64, String> {
        let mut value = self.assignment()?;
        while self.take(",") {
            value = self.assignment()?;
        }
        Ok(value)
    }

    /// One level further down: any operator can make an expression as deep as a script is long.
    fn deeper(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<i64, String>,
    ) -> Result<i64, String> {
        if self.depth >= DEPTH_LIMIT {
            return Err(TOO_DEEP.to_owned());
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn assignment(&mut self) -> Result<i64, String> {
        self.deeper(Self::assignment_inner)
    }

    fn assignment_inner(&mut self) -> Result<i64, String> {
        let before = self.rest;
        if let Some(name) = self.name() {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with("==")
                && let Some(operator) = ASSIGNMENTS
                    .iter()
                    .find(|known| self.rest.starts_with(**known))
            {
                self.rest = &self.rest[operator.len()..];
                let right = self.assignment()?;
                let value = match operator.strip_suffix('=') {
                    Some("") | None => right,
                    Some(binary) => {
                        let left = self.value_of(&name)?;
                        self.apply(binary, left, right)?
                    }
                };
                return self.store(&name, value);
            }
            self.rest = before;
        }
        self.ternary()
    }

    fn ternary(&mut self) -> Result<i64, String> {
        let condition = self.binary(0)?;
        if !self.take("?") {
            return Ok(condition);
        }
        let yes = self.branch(condition != 0, Self::comma)?;
        if !self.take(":") {
            return Err(SYNTAX.to_owned());
        }
        let no = self.branch(condition == 0, Self::assignment)?;
        Ok(if condition != 0 { yes } else { no })
    }

    /// Reads an operand whose effects count only if it is `taken`.
    fn branch(
        &mut self,
        taken: bool,
        read: impl FnOnce(&mut Self) -> Result<i64, String>,
    ) -> Result<i64, String> {
        let live = self.live;
        self.live = live && taken;
        let value = read(self);
        self.live = live;
        value
    }

    fn binary(&mut self, level: usize) -> Result<i64, String> {
        let Some(operators) = LEVELS.get(level) else {
            return self.power();
        };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = self.operator(operators) {
            let taken = match operator {
                "&&" => left != 0,
                "||" => left == 0,
                _ => true,
            };
            let right = self.branch(taken, |inner| inner.binary(level + 1))?;
            left = self.apply(operator, left, right)?;
        }
        Ok(left)
    }

    fn operator(&mut self, operators: &[&'static str]) -> Option<&'static str> {
        self.rest = self.rest.trim_start();
        let operator = operators
            .iter()
            .find(|known| self.rest.starts_with(**known))?;
        let after = &self.rest[operator.len()..];
        let longer = match *operator {
            "&" | "|" | "<" | ">" => after.starts_with(*operator),
            "*" => after.starts_with('*'),
            _ => false,
        };
        let assigns = !matches!(*operator, "==" | "!=" | "<=" | ">=") && after.starts_with('=');
        if longer || assigns {
            return None;
        }
        self.rest = after;
        Some(operator)
    }

    fn power(&mut self) -> Result<i64, String> {
        let base = self.unary()?;
        if !self.take("**") {
            return Ok(base);
        }
        let exponent = self.deeper(Self::power)?;
        match u32::try_from(exponent) {
            Ok(exponent) => Ok(base.wrapping_pow(exponent)),
            Err(_) => Err("exponent less than 0".to_owned()),
        }
    }

    fn unary(&mut self) -> Result<i64, String> {
        self.deeper(Self::unary_inner)
    }

    fn unary_inner(&mut self) -> Result<i64, String> {
        for (operator, step) in [("++", 1), ("--", -1)] {
            if self.take(operator) {
                let name = self.name().ok_or_else(|| SYNTAX.to_owned())?;
                let value = self.value_of(&name)?.wrapping_add(step);
                return self.store(&name, value);
            }
        }
        if self.take("-") {
            return Ok(self.unary()?.wrapping_neg());
        }
        if self.take("+") {
            return self.unary();
        }
        if self.take("!") {
            return Ok(i64::from(self.unary()? == 0));
        }
        if self.take("~") {
            return Ok(!self.unary()?);
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<i64, String> {
        if self.take("(") {
            let value = self.comma()?;
            return if self.take(")") {
                Ok(value)
            } else {
                Err(SYNTAX.to_owned())
            };
        }
        if let Some(name) = self.name() {
            let value = self.value_of(&name)?;
            for (operator, step) in [("++", 1), ("--", -1)] {
                if self.take(operator) {
                    self.store(&name, value.wrapping_add(step))?;
                }
            }
            return Ok(value);
        }
        self.number()
    }

    fn number(&mut self) -> Result<i64, String> {
        self.rest = self.rest.trim_start();
        let length = self
            .rest
            .bytes()
            .take_while(u8::is_ascii_alphanumeric)
            .count();
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        parse_number(digits).ok_or_else(|| SYNTAX.to_owned())
    }

    fn name(&mut self) -> Option<String> {
        self.rest = self.rest.trim_start();
        let length = self
            .rest
            .bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            .count();
        let (name, rest) = self.rest.split_at(length);
        if !is_name(name) {
            return None;
        }
        self.rest = rest;
        Some(name.to_owned())
    }

    fn value_of(&mut self, name: &str) -> Result<i64, String> {
        let Some(text) = self.scope.get(name).filter(|_| self.live) else {
            return Ok(0);
        };
        if let Some(number) = parse_number(text.trim()) {
            return Ok(number);
        }
        // The value may be an expression itself.
        self.deeper(|inner| evaluate_at(&text, inner.scope, inner.depth))
    }

    fn store(&mut self, name: &str, value: i64) -> Result<i64, String> {
        if self.live {
            self.scope.set(name, value)?;
        }
        Ok(value)
    }

    fn apply(&self, operator: &str, left: i64, right: i64) -> Result<i64, String> {
        let shift = u32::try_from(right & 63).unwrap_or(0);
        Ok(match operator {
            "||" => i64::from(left != 0 || right != 0),
            "&&" => i64::from(left != 0 && right != 0),
            "|" => left | right,
            "^" => left ^ right,
            "&" => left & right,
            "==" => i64::from(left == right),
            "!=" => i64::from(left != right),
            "<=" => i64::from(left <= right),
            ">=" => i64::from(left >= right),
            "<" => i64::from(left < right),
            ">" => i64::from(left > right),
            "<<" => left.wrapping_shl(shift),
            ">>" => left.wrapping_shr(shift),
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "*" => left.wrapping_mul(right),
            "/" | "%" if right == 0 && self.live => return Err("divide by zero".to_owned()),
            "/" => left.checked_div(right).unwrap_or(left),
            _ => left.checked_rem(right).unwrap_or(0),
        })
    }
}

/// A C integer: decimal, `0x` or octal after a zero.
pub(in crate::process) fn parse_number(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (digits, radix) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&digits[2..], 16),
        [b'0', _, ..] => (&digits[1..], 8),
        _ => (digits, 10),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = i64::from_str_radix(digits, radix).ok()?;
    Some(if negative {
        value.wrapping_neg()
    } else {
        value
    })
}
