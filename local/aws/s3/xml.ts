import { malformedXml } from './errors.ts';

/** Content of an element: text, children in order, or a list that repeats the element's name. */
export type XmlContent = string | number | boolean | XmlTree | (XmlTree | string)[] | undefined;
export interface XmlTree {
  [name: string]: XmlContent;
}

const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** A document with S3's namespace. Undefined members are left out; a list repeats its element. */
export function writeXml(root: string, content: XmlTree): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner(content)}</${root}>`;
}

/** Error documents have no namespace. */
export function writeErrorXml(content: XmlTree): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inner(content)}</Error>`;
}

function inner(content: XmlTree): string {
  let text = '';
  for (const [name, value] of Object.entries(content)) {
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? value : [value]) {
      text += `<${name}>${typeof item === 'object' ? inner(item) : toXmlText(String(item))}</${name}>`;
    }
  }
  return text;
}

/** Control characters are written as references: keys may hold them, and parsers would refuse or normalize them. */
function toXmlText(text: string): string {
  let escaped = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    escaped += code < 32 || '<>&"'.includes(character) ? `&#${code};` : character;
  }
  return escaped;
}

/** A parsed element of a request. */
export interface XmlElement {
  name: string;
  text: string;
  children: XmlElement[];
}

/**
 * Parses the small documents that S3 requests have: elements and text; attributes are skipped. Throws MalformedXML, also
 * for a root of another name, document types and comments.
 */
export function parseXml(document: string, root: string): XmlElement {
  const top: XmlElement = { name: '', text: '', children: [] };
  const open = [top];
  const token = /<\?[^>]*\?>|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/y;
  while (token.lastIndex < document.length) {
    const match = token.exec(document);
    const parent = open.at(-1);
    if (match === null || parent === undefined) throw malformedXml();
    const [, closing, name, , selfClosing, text] = match;
    if (text !== undefined) parent.text += fromXmlText(text);
    if (name === undefined) continue;
    if (closing === '/') {
      if (parent.name !== name || open.length === 1) throw malformedXml();
      open.pop();
    } else {
      const element: XmlElement = { name, text: '', children: [] };
      parent.children.push(element);
      if (selfClosing !== '/') open.push(element);
    }
  }
  const [element] = top.children;
  if (open.length !== 1 || top.children.length !== 1 || element?.name !== root) throw malformedXml();
  return element;
}

/** The text of a child, or undefined. */
export function childText(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text;
}

function fromXmlText(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (_match, decimal, hexadecimal, name) => {
    if (name === undefined)
      return String.fromCodePoint(Number.parseInt(decimal ?? hexadecimal, decimal ? 10 : 16));
    const character = entities[name];
    if (character === undefined) throw malformedXml();
    return character;
  });
}
