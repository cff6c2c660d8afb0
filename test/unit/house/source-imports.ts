/** One module named by a TypeScript or JavaScript source. */
export interface SourceImport {
  line: number;
  /** The specifier, or null where it is an expression that cannot be read from the text. */
  specifier: string | null;
}

/** A slash begins a regular expression where no operand can end before it. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%~^<>\n]|\b(?:return|typeof|case|of|in|do|else))\s*$/;

/**
 * The source with comments, regular expressions and template texts blanked out, so that words in them are not taken for
 * code. Quoted strings stay, since specifiers are strings; line breaks stay, so that line numbers hold.
 */
export function blankNonCode(source: string): string {
  const blank = (text: string) => text.replace(/[^\n]/g, ' ');
  let out = '';
  let i = 0;
  /** Depth of braces at which each open template expression ends. */
  const templates: number[] = [];
  let depth = 0;
  const template = () => {
    // Copies nothing up to the end of the template text or to its next expression.
    while (i < source.length) {
      if (source[i] === '\\') {
        out += blank(source.slice(i, i + 2));
        i += 2;
      } else if (source[i] === '`') {
        out += '`';
        i++;
        return;
      } else if (source.startsWith('${', i)) {
        templates.push(depth);
        out += '  ';
        i += 2;
        return;
      } else {
        out += blank(source[i]);
        i++;
      }
    }
  };
  while (i < source.length) {
    const c = source[i];
    if (source.startsWith('//', i)) {
      const end = source.indexOf('\n', i);
      const stop = end === -1 ? source.length : end;
      out += blank(source.slice(i, stop));
      i = stop;
    } else if (source.startsWith('/*', i)) {
      const end = source.indexOf('*/', i + 2);
      const stop = end === -1 ? source.length : end + 2;
      out += blank(source.slice(i, stop));
      i = stop;
    } else if (c === '"' || c === "'") {
      let stop = i + 1;
      while (stop < source.length && source[stop] !== c && source[stop] !== '\n') {
        stop += source[stop] === '\\' ? 2 : 1;
      }
      out += source.slice(i, stop + 1);
      i = stop + 1;
    } else if (c === '`') {
      out += '`';
      i++;
      template();
    } else if (c === '/' && BEFORE_REGEX.test(out.slice(-40))) {
      let stop = i + 1;
      let inClass = false;
      while (stop < source.length && source[stop] !== '\n' && (inClass || source[stop] !== '/')) {
        if (source[stop] === '\\') stop++;
        else if (source[stop] === '[') inClass = true;
        else if (source[stop] === ']') inClass = false;
        stop++;
      }
      out += blank(source.slice(i, stop + 1));
      i = stop + 1;
    } else {
      if (c === '{') depth++;
      if (c === '}') {
        if (templates.length > 0 && templates[templates.length - 1] === depth) {
          templates.pop();
          out += ' ';
          i++;
          template();
          continue;
        }
        depth--;
      }
      out += c;
      i++;
    }
  }
  return out;
}

const STATEMENT =
  /\b(?:import|export)\b\s*(?:type\b\s*)?(?:[\w$*{}\s,]*?\bfrom\s*)?(["'])((?:\\.|(?!\1).)*)\1/g;
const CALL = /(?<![.\w$])(?:require(?:\.resolve)?|import)\s*\(\s*(?:(["'])((?:\\.|(?!\1).)*)\1)?/g;

/** Every module that a source names: import and export statements, `require`, `require.resolve` and `import()`, types too. */
export function importsOf(source: string): SourceImport[] {
  const code = blankNonCode(source);
  const lineAt = (index: number) => code.slice(0, index).split('\n').length;
  const found: SourceImport[] = [];
  for (const match of code.matchAll(STATEMENT))
    found.push({ line: lineAt(match.index), specifier: match[2] });
  for (const match of code.matchAll(CALL)) {
    // A computed name is nothing to `require.resolve`: it only looks, it loads nothing.
    if (match[2] === undefined && match[0].startsWith('require.resolve')) continue;
    found.push({ line: lineAt(match.index), specifier: match[2] ?? null });
  }
  return found.sort((a, b) => a.line - b.line);
}

/** The files that a C++ or CUDA source includes. */
export function includesOf(source: string): { line: number; path: string; system: boolean }[] {
  const includes: { line: number; path: string; system: boolean }[] = [];
  for (const [index, text] of source.split('\n').entries()) {
    const match = /^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)/.exec(text);
    if (match) includes.push({ line: index + 1, path: match[1] ?? match[2], system: match[1] === undefined });
  }
  return includes;
}
