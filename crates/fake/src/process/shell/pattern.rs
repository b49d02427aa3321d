//! Shell patterns: `*`, `?`, `[…]`.

/// One character of a pattern, and whether quotes took its meaning away.
pub(super) type Marked = (char, bool);

#[derive(Debug)]
enum Piece {
    Literal(char),
    Any,
    One,
    Class {
        negated: bool,
        items: Vec<(char, char)>,
    },
}

#[derive(Debug)]
pub(super) struct Pattern(Vec<Piece>);

impl Pattern {
    pub(super) fn new(characters: &[Marked]) -> Self {
        let mut pieces = Vec::with_capacity(characters.len());
        let mut at = 0;
        while let Some(&(character, quoted)) = characters.get(at) {
            at += 1;
            pieces.push(match character {
                '*' if !quoted => Piece::Any,
                '?' if !quoted => Piece::One,
                '[' if !quoted => match class(&characters[at..]) {
                    Some((piece, length)) => {
                        at += length;
                        piece
                    }
                    None => Piece::Literal('['),
                },
                other => Piece::Literal(other),
            });
        }
        Self(pieces)
    }

    /// Whether anything in `characters` would be more than itself.
    pub(super) fn is_magic(characters: &[Marked]) -> bool {
        characters
            .iter()
            .any(|(character, quoted)| !quoted && matches!(character, '*' | '?' | '['))
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        self.matches_all(&text)
    }

    /// As every glob matcher: remember the last `*` and let it take one more when stuck.
    pub(super) fn matches_all(&self, text: &[char]) -> bool {
        let (mut piece, mut at) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        loop {
            let advanced = match (self.0.get(piece), text.get(at)) {
                (None, None) => return true,
                (Some(Piece::Any), _) => {
                    retry = Some((piece, at));
                    piece += 1;
                    true
                }
                (Some(single), Some(character)) if single.takes(*character) => {
                    piece += 1;
                    at += 1;
                    true
                }
                _ => false,
            };
            if !advanced {
                let Some((star, from)) = retry.filter(|(_, from)| *from < text.len()) else {
                    return false;
                };
                retry = Some((star, from + 1));
                (piece, at) = (star + 1, from + 1);
            }
        }
    }
}

impl Piece {
    fn takes(&self, character: char) -> bool {
        match self {
            Self::Literal(literal) => *literal == character,
            Self::One => true,
            Self::Any => false,
            Self::Class { negated, items } => {
                items
                    .iter()
                    .any(|(low, high)| (*low..=*high).contains(&character))
                    != *negated
            }
        }
    }
}

const NAMED: [(&str, &[(char, char)]); 7] = [
    ("alpha", &[('a', 'z'), ('A', 'Z')]),
    ("digit", &[('0', '9')]),
    ("alnum", &[('a', 'z'), ('A', 'Z'), ('0', '9')]),
    ("lower", &[('a', 'z')]),
    ("upper", &[('A', 'Z')]),
    ("space", &[(' ', ' '), ('\t', '\r')]),
    ("punct", &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
];

/// The ranges of a class by its name, as in `[:alpha:]`.
pub(in crate::process) fn named_class(name: &str) -> Option<&'static [(char, char)]> {
    NAMED
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, ranges)| *ranges)
}

/// A bracket expression after its `[`, with its length; `None` if it never ends.
fn class(characters: &[Marked]) -> Option<(Piece, usize)> {
    let negated = matches!(characters.first(), Some(('!' | '^', false)));
    let start = usize::from(negated);
    let mut at = start;
    let mut items = Vec::new();
    loop {
        let &(low, quoted) = characters.get(at)?;
        if low == ']' && !quoted && at > start {
            return Some((Piece::Class { negated, items }, at + 1));
        }
        if low == '[' && matches!(characters.get(at + 1), Some((':', _))) {
            let rest: String = characters[at + 2..]
                .iter()
                .map(|(character, _)| character)
                .collect();
            if let Some(end) = rest.find(":]")
                && let Some(ranges) = named_class(&rest[..end])
            {
                items.extend_from_slice(ranges);
                at += 2 + rest[..end].chars().count() + 2;
                continue;
            }
        }
        match (characters.get(at + 1), characters.get(at + 2)) {
            (Some(('-', false)), Some(&(high, _))) if high != ']' => {
                items.push((low, high));
                at += 3;
            }
            _ => {
                items.push((low, low));
                at += 1;
            }
        }
    }
}
