import { crc32c } from '../../../../src/data/formats/crc32c';
import { frameRecord } from '../../../../src/data/formats/tfrecord';
import { crc32cByBits, recordsOf } from '../../../reference/event-file';

const bytes = (of: (i: number) => number, length = 32) => Uint8Array.from({ length }, (_, i) => of(i));

// RFC 3720, appendix B.4, and the check value of CRC catalogues.
const SCSI_READ = Buffer.from(
  '01c0000000000000000000000000000014000000000004000000001400000018280000000000000002000000' + '00000000',
  'hex',
);
test.each<[string, Uint8Array, number]>([
  ['32 zeros', bytes(() => 0), 0x8a9136aa],
  ['32 × 255', bytes(() => 255), 0x62a8ab43],
  ['0 … 31', bytes((i) => i), 0x46dd794e],
  ['31 … 0', bytes((i) => 31 - i), 0x113fdb5c],
  ['an iSCSI read command', SCSI_READ, 0xd9963a56],
  ['123456789', Buffer.from('123456789'), 0xe3069283],
  ['nothing', new Uint8Array(0), 0],
])('CRC-32C of %s', (_, data, wanted) => {
  expect(crc32c(data)).toBe(wanted);
  expect(crc32cByBits(data)).toBe(wanted);
});

test('a checksum can be gone on with', () => {
  const data = bytes((i) => (i * 37) % 256, 1000);
  expect(crc32c(data.subarray(300), crc32c(data.subarray(0, 300)))).toBe(crc32c(data));
});

test('records come back, empty and long ones too', () => {
  const given = [bytes((i) => i, 5), new Uint8Array(0), bytes((i) => i % 251, 70_000)];
  const file = Buffer.concat(given.map((data) => frameRecord(data)));
  expect(recordsOf(file).map((data) => Uint8Array.from(data))).toEqual(given);
});

test('a byte that changed is noticed anywhere', () => {
  const record = frameRecord(bytes((i) => i, 20));
  for (let i = 0; i < record.length; i++) {
    const broken = Buffer.from(record);
    broken[i] ^= 16;
    expect(() => recordsOf(broken)).toThrow();
  }
});
