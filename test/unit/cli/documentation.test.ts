import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Option } from 'commander';
import { EXIT } from '../../../src/cli/exit-codes';
import { createProgram } from '../../../src/cli/main';

const page = readFileSync(join(__dirname, '../../../docs/reference/cli.md'), 'utf8');
const program = createProgram({
  stdout: process.stdout,
  stderr: process.stderr,
  env: {},
  signal: new AbortController().signal,
});
const COMMON = ['--json', '--dry-run', '--config', '--force', '--progress', '--quiet', '--debug'];

interface Row {
  flags: string;
  defaultText: string;
}

/** The rows of the option table under a heading, by long name. */
function documented(heading: string): Map<string, Row> {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`docs/reference/cli.md has no section "${heading}".`);
  const rows = [...section.matchAll(/^\| `([^`]*--[^`]*)` \| ([^|]*) \|/gm)];
  return new Map(
    // A bar inside a table's cell is escaped.
    rows.map(([, flags, defaultText]) => [
      longName(flags),
      { flags: flags.replaceAll('\\|', '|'), defaultText },
    ]),
  );
}

function longName(flags: string): string {
  return /--[a-z][a-z0-9-]*/.exec(flags)?.[0] as string;
}

function visible(command: Command): Option[] {
  return command.options.filter((option) => !option.hidden);
}

describe('docs/reference/cli.md', () => {
  test('names every command, and no other', () => {
    const named = [...page.matchAll(/^\| `svp ([a-z]+)` \|/gm)].map(([, name]) => name).sort();
    expect(named).toEqual(program.commands.map((command) => command.name()).sort());
  });

  test.each(program.commands.map((command) => [command.name(), command] as const))(
    'svp %s: the same options, spelled and defaulted the same',
    (name, command) => {
      const common = documented('Options of every command');
      const own = documented(`svp ${name}`);
      expect([...common.keys()].sort()).toEqual([...COMMON].sort());
      expect([...own.keys(), ...COMMON].sort()).toEqual(
        visible(command)
          .map((option) => option.long)
          .sort(),
      );
      for (const option of visible(command)) {
        const row = own.get(option.long as string) ?? (common.get(option.long as string) as Row);
        expect(row.flags).toBe(option.flags);
        if (typeof option.defaultValue === 'string' || typeof option.defaultValue === 'number') {
          expect({ option: option.long, text: row.defaultText }).toEqual({
            option: option.long,
            text: `\`${option.defaultValue}\``,
          });
        }
        for (const choice of option.argChoices ?? []) {
          expect(page).toContain(`\`${choice}\``);
        }
      }
    },
  );

  test('lists every exit code', () => {
    for (const code of Object.values(EXIT)) expect(page).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'));
    expect(page).toMatch(/^\| 130, 143 \|/m);
  });
});
