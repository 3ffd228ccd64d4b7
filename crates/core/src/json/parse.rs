//! From text to a tree: JSON as RFC 8259 has it, and nothing beside.

use super::Value;
use std::borrow::Cow;

/// How deep arrays and objects may lie in each other: far deeper than any description, and far from the end of a stack.
const DEEPEST: usize = 127;

/// The tree of `text`.
///
/// # Errors
/// What is wrong, and at which byte.
pub fn parse(text: &str) -> Result<Value<'_>, String> {
    let mut parser = Parser { text, at: 0 };
    parser.whole().map_err(|what| format!("{what} at byte {}", parser.at))
}

/// What is wrong at the place that was reached.
type Found<T> = Result<T, &'static str>;

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn whole(&mut self) -> Found<Value<'a>> {
        let value = self.value(0)?;
        match self.next() {
            None => Ok(value),
            Some(_) => Err("expected the end"),
        }
    }

    /// The present byte.
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The first byte that is no space, which is then the present one.
    fn next(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        self.peek()
    }

    /// Goes past the present byte if it is `byte`.
    fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    /// The same, past spaces.
    fn eat_next(&mut self, byte: u8) -> bool {
        self.next();
        self.eat(byte)
    }

    fn value(&mut self, depth: usize) -> Found<Value<'a>> {
        match self.next() {
            Some(b'n') => self.word("null", Value::Null),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b'[' | b'{') if depth == DEEPEST => Err("too many arrays and objects in each other"),
            Some(b'[') => self.array(depth + 1),
            Some(b'{') => self.object(depth + 1),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err("expected a value"),
        }
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Found<Value<'a>> {
        if !self.text[self.at..].starts_with(word) {
            return Err("expected a value");
        }
        self.at += word.len();
        Ok(value)
    }

    fn array(&mut self, depth: usize) -> Found<Value<'a>> {
        let mut values = Vec::new();
        self.at += 1;
        if self.eat_next(b']') {
            return Ok(Value::Array(values));
        }
        loop {
            values.push(self.value(depth)?);
            if self.eat_next(b']') {
                return Ok(Value::Array(values));
            }
            if !self.eat(b',') {
                return Err("expected `,` or `]`");
            }
        }
    }

    fn object(&mut self, depth: usize) -> Found<Value<'a>> {
        let mut fields = Vec::new();
        self.at += 1;
        if self.eat_next(b'}') {
            return Ok(Value::Object(fields));
        }
        loop {
            if self.next() != Some(b'"') {
                return Err("expected a name in quotes");
            }
            let name = self.string()?;
            if !self.eat_next(b':') {
                return Err("expected `:`");
            }
            fields.push((name, self.value(depth)?));
            if self.eat_next(b'}') {
                return Ok(Value::Object(fields));
            }
            if !self.eat(b',') {
                return Err("expected `,` or `}`");
            }
        }
    }

    fn number(&mut self) -> Found<Value<'a>> {
        let start = self.at;
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _ = self.eat(b'+') || self.eat(b'-');
            self.digits()?;
        }
        Ok(Value::Number(&self.text[start..self.at]))
    }

    /// Goes past digits, of which there is at least one.
    fn digits(&mut self) -> Found<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start {
            return Err("expected a digit");
        }
        Ok(())
    }

    /// A text, of which nothing is copied where nothing is escaped.
    fn string(&mut self) -> Found<Cow<'a, str>> {
        self.at += 1;
        let (mut start, mut unescaped) = (self.at, Cow::Borrowed(""));
        loop {
            let part = start..self.at;
            match self.peek() {
                None => return Err("a text without an end"),
                Some(b'"') => {
                    self.at += 1;
                    // Borrowed where there was nothing before.
                    unescaped += &self.text[part];
                    return Ok(unescaped);
                }
                Some(b'\\') => {
                    unescaped += &self.text[part];
                    self.at += 1;
                    unescaped.to_mut().push(self.escaped()?);
                    start = self.at;
                }
                Some(0..b' ') => return Err("a control character in a text"),
                Some(_) => self.at += 1,
            }
        }
    }

    /// What an escape stands for, behind its backslash.
    fn escaped(&mut self) -> Found<char> {
        let byte = self.peek().ok_or("a text without an end")?;
        let character = match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err("an unknown escape"),
        };
        self.at += 1;
        Ok(character)
    }

    /// A character by its number, or by two of UTF-16.
    fn unicode(&mut self) -> Found<char> {
        let mut code = self.hexadecimal()?;
        if let 0xD800..0xDC00 = code {
            if !self.eat(b'\\') {
                return Err("half a character");
            }
            let low = self.hexadecimal()?.checked_sub(0xDC00).filter(|low| *low < 0x400);
            code = 0x10000 + ((code - 0xD800) << 10) + low.ok_or("half a character")?;
        }
        char::from_u32(code).ok_or("half a character")
    }

    /// A `u` and the four digits behind it.
    fn hexadecimal(&mut self) -> Found<u32> {
        if !self.eat(b'u') {
            return Err("half a character");
        }
        let mut number = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            number = number * 16 + digit.ok_or("expected four hexadecimal digits")?;
            self.at += 1;
        }
        Ok(number)
    }
}
