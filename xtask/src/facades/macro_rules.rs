//! Expands the `macro_rules!` macros that declare a family's functions, a row per function.

use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::BTreeMap;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};

/// The rules of one macro: patterns, with what they become.
#[derive(Clone)]
pub(crate) struct MacroRules(Vec<(TokenStream, TokenStream)>);

/// What a pattern's variables stand for.
#[derive(Clone, Debug)]
enum Bound {
    One(TokenStream),
    Many(Vec<BTreeMap<String, Bound>>),
}

type Bindings = BTreeMap<String, Bound>;

impl MacroRules {
    /// The rules in the body of a `macro_rules!`.
    pub(crate) fn parse(body: TokenStream) -> MacroRules {
        let mut rules = Vec::new();
        let mut tokens = body.into_iter().peekable();
        while let Some(TokenTree::Group(pattern)) = tokens.next() {
            // `=`, `>`, and after the group perhaps `;`.
            let group = tokens.by_ref().find_map(|token| match token {
                TokenTree::Group(group) => Some(group),
                _ => None,
            });
            if let Some(group) = group {
                rules.push((pattern.stream(), group.stream()));
            }
            while matches!(tokens.peek(), Some(TokenTree::Punct(_))) {
                tokens.next();
            }
        }
        MacroRules(rules)
    }

    /// Whether it may declare public functions.
    pub(crate) fn declares_functions(&self) -> bool {
        self.0.iter().any(|(_, body)| body.to_string().contains("pub fn $"))
    }

    /// What an invocation becomes; nothing where no rule fits.
    pub(crate) fn expand(&self, input: &TokenStream) -> Option<TokenStream> {
        self.0.iter().find_map(|(pattern, body)| {
            let pattern = parts(pattern.clone());
            let parser = |stream: ParseStream<'_>| {
                let mut bindings = Bindings::new();
                matched(&pattern, stream, &mut bindings)?;
                if stream.is_empty() { Ok(bindings) } else { Err(stream.error("more tokens")) }
            };
            let bindings = parser.parse2(input.clone()).ok()?;
            let mut output = TokenStream::new();
            write(&parts(body.clone()), &bindings, &mut output);
            Some(output)
        })
    }
}

/// A part of a pattern, or of what it becomes.
enum Part {
    Token(TokenTree),
    Group(Delimiter, Vec<Part>),
    /// `$name` or `$name:fragment`
    Variable(String, String),
    /// `$(...) separator op`
    Repeat(Vec<Part>, Option<TokenTree>),
}

fn parts(tokens: TokenStream) -> Vec<Part> {
    let mut found = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(dollar) if dollar.as_char() == '$' => match tokens.next() {
                Some(TokenTree::Group(inner)) => {
                    let mut separator = None;
                    for token in tokens.by_ref() {
                        if matches!(&token, TokenTree::Punct(p) if "*+?".contains(p.as_char())) {
                            break;
                        }
                        separator = Some(token);
                    }
                    found.push(Part::Repeat(parts(inner.stream()), separator));
                }
                Some(TokenTree::Ident(name)) => {
                    let mut fragment = String::new();
                    if matches!(tokens.peek(), Some(TokenTree::Punct(p)) if p.as_char() == ':') {
                        let mut ahead = tokens.clone();
                        ahead.next();
                        if let Some(TokenTree::Ident(kind)) = ahead.next()
                            && FRAGMENTS.contains(&kind.to_string().as_str())
                        {
                            fragment = kind.to_string();
                            tokens = ahead;
                        }
                    }
                    found.push(Part::Variable(name.to_string(), fragment));
                }
                other => found.extend(other.map(Part::Token)),
            },
            TokenTree::Group(group) => found.push(Part::Group(group.delimiter(), parts(group.stream()))),
            token => found.push(Part::Token(token)),
        }
    }
    found
}

const FRAGMENTS: [&str; 10] = ["ident", "literal", "tt", "meta", "ty", "expr", "path", "block", "vis", "pat"];

fn matched(pattern: &[Part], stream: ParseStream<'_>, bindings: &mut Bindings) -> syn::Result<()> {
    for part in pattern {
        match part {
            Part::Token(token) => {
                let next: TokenTree = stream.parse()?;
                if next.to_string() != token.to_string() {
                    return Err(stream.error("another token"));
                }
            }
            Part::Group(delimiter, inner) => {
                let next: TokenTree = stream.parse()?;
                let TokenTree::Group(group) = next else { return Err(stream.error("no group")) };
                if group.delimiter() != *delimiter {
                    return Err(stream.error("another delimiter"));
                }
                let parser = |stream: ParseStream<'_>| {
                    matched(inner, stream, bindings)?;
                    if stream.is_empty() { Ok(()) } else { Err(stream.error("more tokens")) }
                };
                parser.parse2(group.stream())?;
            }
            Part::Variable(name, fragment) => {
                bindings.insert(name.clone(), Bound::One(fragment_of(fragment, stream)?));
            }
            Part::Repeat(inner, separator) => {
                let mut rows = Vec::new();
                while !stream.is_empty() {
                    let ahead = stream.fork();
                    let mut row = Bindings::new();
                    if matched(inner, &ahead, &mut row).is_err() {
                        break;
                    }
                    syn::parse::discouraged::Speculative::advance_to(stream, &ahead);
                    rows.push(row);
                    if let Some(separator) = separator {
                        let ahead = stream.fork();
                        match ahead.parse::<TokenTree>() {
                            Ok(next) if next.to_string() == separator.to_string() => {
                                syn::parse::discouraged::Speculative::advance_to(stream, &ahead);
                            }
                            _ => break,
                        }
                    }
                }
                for name in variables(inner) {
                    bindings.insert(name, Bound::Many(rows.clone()));
                }
            }
        }
    }
    Ok(())
}

fn fragment_of(fragment: &str, stream: ParseStream<'_>) -> syn::Result<TokenStream> {
    Ok(match fragment {
        "ident" => stream.call(Ident::parse_any)?.into_token_stream(),
        "literal" => stream.parse::<syn::Lit>()?.into_token_stream(),
        "meta" => stream.parse::<syn::Meta>()?.into_token_stream(),
        "ty" => stream.parse::<syn::Type>()?.into_token_stream(),
        "expr" => stream.parse::<syn::Expr>()?.into_token_stream(),
        "path" => stream.parse::<syn::Path>()?.into_token_stream(),
        "block" => stream.parse::<syn::Block>()?.into_token_stream(),
        "vis" => stream.parse::<syn::Visibility>()?.into_token_stream(),
        "pat" => stream.call(syn::Pat::parse_multi)?.into_token_stream(),
        _ => token(stream)?,
    })
}

/// One token as `macro_rules!` counts them: `<=` is one.
fn token(stream: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut found = TokenStream::new();
    loop {
        let next: TokenTree = stream.parse()?;
        let goes_on = matches!(&next, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint)
            && matches!(stream.cursor().punct(), Some((next, _)) if next.as_char() == '=');
        found.extend([next]);
        if !goes_on {
            return Ok(found);
        }
    }
}

fn variables(parts: &[Part]) -> Vec<String> {
    let mut names = Vec::new();
    for part in parts {
        match part {
            Part::Variable(name, _) => names.push(name.clone()),
            Part::Group(_, inner) | Part::Repeat(inner, _) => names.extend(variables(inner)),
            Part::Token(_) => {}
        }
    }
    names
}

fn write(parts: &[Part], bindings: &Bindings, output: &mut TokenStream) {
    for part in parts {
        match part {
            Part::Token(token) => output.extend([token.clone()]),
            Part::Group(delimiter, inner) => {
                let mut stream = TokenStream::new();
                write(inner, bindings, &mut stream);
                output.extend([TokenTree::Group(Group::new(*delimiter, stream))]);
            }
            Part::Variable(name, _) => match bindings.get(name) {
                Some(Bound::One(tokens)) => output.extend(tokens.clone()),
                _ if name == "crate" => {
                    output.extend([TokenTree::Ident(Ident::new("crate", proc_macro2::Span::call_site()))])
                }
                _ => {}
            },
            Part::Repeat(inner, separator) => {
                let rows = variables(inner).into_iter().find_map(|name| match bindings.get(&name) {
                    Some(Bound::Many(rows)) => Some(rows),
                    _ => None,
                });
                for (at, row) in rows.into_iter().flatten().enumerate() {
                    if at > 0 {
                        output.extend(separator.clone());
                    }
                    let mut all = bindings.clone();
                    all.extend(row.clone());
                    write(inner, &all, output);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn rows_become_items() {
        let rules = MacroRules::parse(quote! {
            ($($(#[$doc:meta])* $name:ident($($argument:ident: $ty:ty),*) $how:expr, $tf:literal;)*) => {
                $($(#[$doc])* pub fn $name($($argument: $ty),*) { $how })*
            };
        });
        let expanded = rules.expand(&quote! {
            /// The first.
            one(a: impl A, b: [i32; 2]) |x, y| x + y, "One";
            two() 3, "Two";
        });
        let expected = quote! {
            #[doc = r" The first."]
            pub fn one(a: impl A, b: [i32; 2]) { |x, y| x + y }
            pub fn two() { 3 }
        };
        assert_eq!(expanded.map(|tokens| tokens.to_string()), Some(expected.to_string()));
        assert!(rules.expand(&quote! { nonsense }).is_none());
    }
}
