// Active learning's question: which unlabelled rows is the model least sure of? Logits in, row numbers out.
const { methods, select } = require('selection-via-proxy');

const classes = 3;
const logits = {
  data: Float32Array.of(9, 0, 0, /* sure */ 1, 1, 1, /* no idea */ 4, 4, 0, /* torn between two */ 3, 1, 0),
  rows: 4,
  columns: classes,
};

async function main() {
  for (const method of methods().filter(({ needs }) => needs === 'logits')) {
    const { indices, scores } = await select({ method: method.name, logits, budget: 2 });
    const told = Array.from(indices, (row) => `row ${row} (${scores[row].toFixed(3)})`);
    console.log(`${method.name}: ${told.join(', ')}`);
  }
  // Row 1 has been labelled already: it is never picked again.
  const { indices } = await select({ method: 'entropy', logits, budget: 2, initial: Uint32Array.of(1) });
  console.log('beside row 1:', Array.from(indices).join(', '));
}

main();
