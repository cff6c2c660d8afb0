import { promises as fs } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { suggestion } from '../core/options';
import { SvpError } from '../errors';
import type { SelectOptions } from '../selection/select';
import type { CommonOptions } from './context';

/** --json, --dry-run, --config, --quiet, --progress, --force, --debug: the options that every command has. */
export function addCommonOptions(command: Command): Command {
  return command
    .option('--json', 'print one JSON object on stdout')
    .option('--dry-run', 'say what would be done, with sizes, memory and a time estimate; touch nothing')
    .option('--config <file>', 'take options from a JSON file; the command line wins')
    .option('--force', 'overwrite outputs that exist')
    .addOption(
      new Option(
        '--progress <how>',
        'progress on stderr: live on a terminal and a line now and then elsewhere, plain lines, or none',
      )
        .choices(['auto', 'plain', 'none'])
        .default('auto'),
    )
    .option('--quiet', 'no progress and no notes, errors only')
    .option('--debug', 'show the stack trace of an error (also by SVP_DEBUG=1)');
}

/** For commander: a whole number within bounds. */
export function wholeNumber(least = 0, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^[+-]?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) {
      const range =
        most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `between ${least} and ${most}`;
      throw new InvalidArgumentError(`It must be a whole number ${range}.`);
    }
    return value;
  };
}

/** --resized-cache, of every command that trains on folders of images. */
export function resizedCacheOption(): Option {
  return new Option(
    '--resized-cache <pixels>',
    'folders of images: keep copies with this shorter side in the cache, and read those (default: none)',
  ).argParser(wholeNumber(8, 4096));
}

/** For commander: an option that gathers its values into a list. */
export const gathered =
  <Value>(parse: (text: string) => Value) =>
  (text: string, previous: Value[] | undefined): Value[] => [...(previous ?? []), parse(text)];

/** For commander: where to compute. */
export function deviceName(text: string): NonNullable<SelectOptions['device']> {
  if (/^(?:auto|cpu|cuda|cuda:\d+(?:,\d+)*)$/.test(text)) return text as NonNullable<SelectOptions['device']>;
  throw new InvalidArgumentError('It must be auto, cpu, cuda, or cuda: and numbers of devices (cuda:0,1).');
}

/** For commander: a finite number of at least `least`. */
export function finiteNumber(least = Number.NEGATIVE_INFINITY): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!Number.isFinite(value) || value < least) {
      throw new InvalidArgumentError(
        `It must be a number${least > -Infinity ? ` of at least ${least}` : ''}.`,
      );
    }
    return value;
  };
}

/**
 * The command's options, with those of its --config file beneath them: what stands on the command line wins over the
 * file, the file over the defaults. Names in the file are the options' long names, with or without dashes
 * ("random-initial" or "randomInitial"); values go through the same checks as on the command line.
 * @throws SvpError SVP_E_FILE, SVP_E_FORMAT for a file that is no JSON object, SVP_E_OPTION for a name or value that is none
 */
export async function resolvedOptions<Options extends object>(
  command: Command,
): Promise<Options & CommonOptions> {
  const file = (command.opts() as CommonOptions).config;
  if (file !== undefined) {
    for (const [key, value] of Object.entries(await readConfig(file)))
      applyConfigValue(command, file, key, value);
  }
  return command.opts() as Options & CommonOptions;
}

async function readConfig(file: string): Promise<object> {
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new SvpError('SVP_E_FILE', `Cannot read the configuration ${file} (${reason}).`, { file, cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SvpError(
      'SVP_E_FORMAT',
      `The configuration ${file} is not JSON: ${(cause as Error).message}.`,
      {
        file,
        cause,
      },
    );
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new SvpError('SVP_E_FORMAT', `The configuration ${file} must be a JSON object of option names.`, {
      file,
    });
  }
  return value;
}

function applyConfigValue(command: Command, file: string, key: string, value: unknown): void {
  const options = command.options.filter((option) => option.long !== '--config');
  const option = options.find((o) => o.attributeName() === key || o.long === `--${key}`);
  if (!option) {
    const names = options.map((o) => (o.long as string).slice(2));
    throw new SvpError(
      'SVP_E_OPTION',
      `${file}: svp ${command.name()} has no option "${key}".${suggestion(key, names)}`,
      {
        option: key,
        file,
      },
    );
  }
  const name = option.attributeName();
  if (command.getOptionValueSource(name) === 'cli') return;
  const meant = configValue(option, value, `${file}: the option "${key}"`);
  // "no-augmentation": true says what --no-augmentation says.
  const negated = option.negate && option.long === `--${key}`;
  command.setOptionValueWithSource(name, negated ? !meant : meant, 'config');
}

function configValue(option: Option, value: unknown, what: string): unknown {
  const fail = (wanted: string) => {
    throw new SvpError('SVP_E_OPTION', `${what} must be ${wanted}, not ${JSON.stringify(value)}.`);
  };
  if (option.isBoolean() || option.negate) return typeof value === 'boolean' ? value : fail('true or false');
  // An option whose value can be left out, as in --tensorboard.
  if (option.optional && typeof value === 'boolean') return value;
  // Several values are for options that take several on the command line: those that gather them into a list.
  if (Array.isArray(value)) {
    const list = value.reduce((sofar, one) => parsed(option, one, what, sofar), undefined as unknown);
    return Array.isArray(list) || value.length === 0 ? (list ?? []) : fail('one value');
  }
  return parsed(option, value, what, undefined);
}

function parsed(option: Option, value: unknown, what: string, previous: unknown): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw new SvpError('SVP_E_OPTION', `${what} must be a string or a number, not ${JSON.stringify(value)}.`);
  }
  const text = String(value);
  try {
    if (option.parseArg) return option.parseArg(text, previous);
    return option.variadic ? [...((previous as string[] | undefined) ?? []), text] : text;
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new SvpError('SVP_E_OPTION', `${what} is ${JSON.stringify(value)}. ${error.message}`);
  }
}
