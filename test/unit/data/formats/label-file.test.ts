import { promises as fs } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { readLabelFile, writeLabelFile } from '../../../../src/data/formats/label-file';

let folder: string;
beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'svp-labels-'));
});
afterAll(() => fs.rm(folder, { recursive: true, force: true }));

const names = ['T-shirt', 'a, b', 'say "x"', '7'];
const write = async (text: string) => {
  const file = path.join(folder, 'labels.csv');
  await fs.writeFile(file, text);
  return file;
};

test('what is written is read back, empty fields as −1', async () => {
  const file = path.join(folder, 'own.csv');
  const given = { rows: Uint32Array.of(9, 0, 4294967295, 3, 2), labels: Int32Array.of(0, 1, 2, 3, -1) };
  await writeLabelFile(file, given, names);
  expect(await fs.readFile(file, 'utf8')).toBe(
    'row,label\n9,T-shirt\n0,"a, b"\n4294967295,"say ""x"""\n3,7\n2,\n',
  );
  expect(await readLabelFile(file, names)).toEqual(given);
});

test('numbers, blanks, Windows line ends and a missing heading are accepted; a name wins over a number', async () => {
  const file = await write(' 5 , 2 \r\n6,T-shirt\r\n\r\n8\r\n1,7\r\n');
  expect(await readLabelFile(file, names)).toEqual({
    rows: Uint32Array.of(5, 6, 8, 1),
    labels: Int32Array.of(2, 0, -1, 3),
  });
});

test.each([
  ['row,label\n1,T-shit\n', /line 2: there is no class "T-shit".*T-shirt/],
  ['1,4\n', /line 1: there is no class "4"/],
  ['1,-1\n', /there is no class/],
  ['x,0\n', /line 1: "x,0" does not begin with a row number/],
  ['4294967296,0\n', /does not begin with a row number/],
  ['1,0\n2,0\n1,1\n', /line 3: row 1 comes twice/],
  [`${'9'.repeat(1e5)}\n`, /line 1/],
])('%# is refused', async (text, message) => {
  await expect(readLabelFile(await write(text), names)).rejects.toMatchObject({
    code: 'SVP_E_FORMAT',
    message: expect.stringMatching(message),
  });
});

test('a missing file is told', async () => {
  await expect(readLabelFile(path.join(folder, 'none.csv'), names)).rejects.toMatchObject({
    code: 'SVP_E_FILE',
  });
});
