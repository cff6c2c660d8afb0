// Whether two selections are the same, and how far apart they are where they are not. Pure.

/** Radii of picks may differ by this, relatively, in a rival that decides in float32. */
export const RADIUS_TOLERANCE = 1e-4;
/** Of so many picks every radius is compared; each takes the distances to all picks before it. */
const ALL_RADII = 300;

/** An answer file: uint32 picks, and where they are given float64 radii after them. */
export function parseAnswer(bytes, picks) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength !== 4 * picks && bytes.byteLength !== 12 * picks) {
    throw new Error(`an answer of ${bytes.byteLength} bytes does not hold ${picks} picks`);
  }
  const indices = Uint32Array.from({ length: picks }, (_, i) => view.getUint32(4 * i, true));
  if (bytes.byteLength === 4 * picks) return { indices };
  return {
    indices,
    radii: Float64Array.from({ length: picks }, (_, i) => view.getFloat64(4 * picks + 8 * i, true)),
  };
}

/** Positions whose radii are compared: the first 300, then ever fewer to the end. */
export function sampledPositions(count) {
  const positions = [];
  for (let at = 1; at < count; at = at < ALL_RADII ? at + 1 : Math.ceil(at * 1.1)) positions.push(at);
  if (count > 1 && positions.at(-1) !== count - 1) positions.push(count - 1);
  return positions;
}

/** The distance of the picks at some (ascending) positions to all picks before each of them, in float64. */
export function radiiAt(indices, positions, row) {
  const rows = positions.map((position) => row(indices[position]));
  const squares = new Float64Array(positions.length).fill(Number.POSITIVE_INFINITY);
  const last = positions.at(-1) ?? 0;
  for (let j = 0, from = 0; j < last; j++) {
    while (positions[from] <= j) from++;
    const center = row(indices[j]);
    for (let p = from; p < positions.length; p++) {
      let square = 0;
      for (let k = 0; k < center.length; k++) square += (rows[p][k] - center[k]) ** 2;
      if (square < squares[p]) squares[p] = square;
    }
  }
  return squares.map(Math.sqrt);
}

/**
 * A rival's picks against ours, over as many as both have.
 * @param row (index) → its features
 * @returns compared: how many picks; equal: how many of them are the same before the first that is not; deviation: where
 *   there is such a one, the largest relative difference of the radii, over a sample that covers them all
 */
export function comparePicks(ours, rival, row) {
  const compared = Math.min(ours.indices.length, rival.indices.length);
  let equal = 0;
  while (equal < compared && ours.indices[equal] === rival.indices[equal]) equal++;
  if (equal === compared) return { compared, equal };
  const positions = sampledPositions(compared);
  const theirs = radiiAt(rival.indices, positions, row);
  let deviation = 0;
  positions.forEach((position, p) => {
    const difference = Math.abs(theirs[p] - ours.radii[position]);
    if (difference > 0)
      deviation = Math.max(deviation, difference / Math.max(theirs[p], ours.radii[position]));
  });
  return { compared, equal, deviation };
}

/** Throws unless every pick and every bit of every radius is the oracle's. */
export function requireSameBits(ours, oracle, who) {
  for (let i = 0; i < oracle.indices.length; i++) {
    if (ours.indices[i] !== oracle.indices[i] || !Object.is(ours.radii[i], oracle.radii[i])) {
      throw new Error(
        `${who}: pick ${i} is row ${ours.indices[i]} at radius ${ours.radii[i]}, but the float64 loop has row ` +
          `${oracle.indices[i]} at radius ${oracle.radii[i]}.`,
      );
    }
  }
}

/** Throws where a rival's radii are not ours. */
export function requireAgreement({ deviation = 0 }, who) {
  if (!(deviation <= RADIUS_TOLERANCE)) {
    throw new Error(`${who}: its radii differ from ours by ${deviation}, more than ${RADIUS_TOLERANCE}.`);
  }
}

/** In words, for the table. */
export function describeAgreement({ compared, equal, deviation }) {
  const whole = (count) => count.toLocaleString('en-US');
  if (equal === compared) return `${whole(compared)} picks, all the same`;
  return `first ${whole(equal)} of ${whole(compared)} picks the same, radii within ${deviation.toExponential(0)} of ours`;
}
