import { promises as fs } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseCoreSetRecord, readCoreSetRecord } from '../../../src/analysis/core-set-record';
import type { CoreSetRecord } from '../../../src/core/run-record';
import { makeCoreSetRecord } from '../../fixtures/core-set-record/make-record';

let folder: string;

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'svp-record-'));
});

afterEach(async () => {
  await fs.rm(folder, { recursive: true, force: true });
});

const copy = (record: CoreSetRecord) => JSON.parse(JSON.stringify(record));

/** The code and message of what `action` throws. */
async function failure(action: () => unknown): Promise<{ code: string; message: string }> {
  try {
    await action();
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('nothing was thrown');
}

test('a record comes back as it was written, from the folder and from the file', async () => {
  const record = makeCoreSetRecord();
  const file = path.join(folder, 'core-set.json');
  await fs.writeFile(file, JSON.stringify(record));
  expect(await readCoreSetRecord(folder)).toEqual(copy(record));
  expect(await readCoreSetRecord(file)).toEqual(copy(record));
});

test('keys of a later version are dropped', () => {
  const record = { ...copy(makeCoreSetRecord()), novelty: 1 };
  expect(parseCoreSetRecord(record)).not.toHaveProperty('novelty');
});

test('a missing file is SVP_E_FILE and names it', async () => {
  const error = await failure(() => readCoreSetRecord(folder));
  expect(error.code).toBe('SVP_E_FILE');
  expect(error.message).toContain(path.join(folder, 'core-set.json'));
});

test('a truncated file is SVP_E_FORMAT and names it', async () => {
  const text = JSON.stringify(makeCoreSetRecord());
  await fs.writeFile(path.join(folder, 'core-set.json'), text.slice(0, text.length / 2));
  const error = await failure(() => readCoreSetRecord(folder));
  expect(error.code).toBe('SVP_E_FORMAT');
  expect(error.message).toContain('is not JSON');
});

const damages: [string, (record: CoreSetRecord) => unknown, string][] = [
  ['another version', (r) => ({ ...r, version: 2 }), 'version'],
  [
    'an accuracy above 1',
    (r) => {
      r.rows[3].testAccuracy = 91.5;
      return r;
    },
    'rows[3].testAccuracy',
  ],
  [
    'a loss that is not a number',
    (r) => {
      (r.rows[1].curve[0] as { trainLoss: unknown }).trainLoss = null;
      return r;
    },
    'rows[1].curve[0].trainLoss',
  ],
  [
    'an unknown selector',
    (r) => {
      (r.rows[2] as { selector: string }).selector = 'oracle';
      return r;
    },
    'rows[2].selector',
  ],
  [
    'pixels that are no base64',
    (r) => {
      r.galleries[0].keptFirst[1].pixels = '<img>';
      return r;
    },
    'galleries[0].keptFirst[1].pixels',
  ],
  [
    'pixels of another size',
    (r) => {
      r.galleries[1].droppedFirst[0].pixels = 'AAAA';
      return r;
    },
    'galleries[1].droppedFirst[0].pixels',
  ],
  ['a date that is none', (r) => ({ ...r, createdAt: 'yesterday' }), 'createdAt'],
  ['no full row', (r) => ({ ...r, rows: r.rows.slice(1) }), 'method is "full"'],
  ['a row twice', (r) => ({ ...r, rows: [...r.rows, r.rows[2]] }), 'rows[6]'],
  [
    'more examples than the pool',
    (r) => {
      r.rows[1].examples = 70_000;
      return r;
    },
    'rows[1].examples',
  ],
  [
    'an end-to-end time that is not the sum',
    (r) => {
      r.rows[4].endToEndSeconds = 50;
      return r;
    },
    'rows[4].endToEndSeconds',
  ],
  ['no object at all', () => [], 'the whole file'],
];

test.each(damages)('%s is SVP_E_FORMAT and says where', async (_name, damage, place) => {
  const error = await failure(() => parseCoreSetRecord(damage(copy(makeCoreSetRecord()))));
  expect(error.code).toBe('SVP_E_FORMAT');
  expect(error.message).toContain(place);
});

test('parts that were rounded may miss their rounded sum', () => {
  const record = copy(makeCoreSetRecord());
  record.rows[2].endToEndSeconds = 66.6;
  expect(() => parseCoreSetRecord(record)).not.toThrow();
});
