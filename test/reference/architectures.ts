import type { Array64 } from './network';
import * as reference from './network';

/** A network's arrays by name, in float64. */
export type Arrays = ReadonlyMap<string, Array64>;

export interface Forward {
  features: Array64;
  logits: Array64;
}

/** Batch norm by name; `training`: with the batch's own statistics. */
function normalize(arrays: Arrays, x: Array64, name: string, training: boolean): Array64 {
  const get = (part: string) => (arrays.get(`${name}.${part}`) as Array64).data;
  const running = { mean: get('running_mean'), variance: get('running_var') };
  return reference.batchNorm(x, get('weight'), get('bias'), training ? undefined : running);
}

function linear(arrays: Arrays, x: Array64, name: string): Array64 {
  return reference.dense(
    x,
    arrays.get(`${name}.weight`) as Array64,
    (arrays.get(`${name}.bias`) as Array64).data,
  );
}

/** The ResNet of He et al. 2015 with the arrays' names of torchvision; a 7×7 stem is followed by max pooling. */
export function resnet(arrays: Arrays, images: Array64, training: boolean): Forward {
  const get = (name: string) => arrays.get(name) as Array64;
  const norm = (x: Array64, name: string) => normalize(arrays, x, name, training);
  const large = get('conv1.weight').shape[0] === 7;
  let x = reference.relu(norm(reference.conv2d(images, get('conv1.weight'), large ? 2 : 1), 'bn1'));
  if (large) x = reference.maxPool(x, 3, 2);
  for (let section = 1; arrays.has(`layer${section}.0.conv1.weight`); section++) {
    for (let i = 0; arrays.has(`layer${section}.${i}.conv1.weight`); i++) {
      const at = `layer${section}.${i}`;
      const stride = section > 1 && i === 0 ? 2 : 1;
      const bottleneck = arrays.has(`${at}.conv3.weight`);
      let y = reference.conv2d(x, get(`${at}.conv1.weight`), bottleneck ? 1 : stride);
      y = reference.relu(norm(y, `${at}.bn1`));
      y = norm(reference.conv2d(y, get(`${at}.conv2.weight`), bottleneck ? stride : 1), `${at}.bn2`);
      if (bottleneck)
        y = norm(reference.conv2d(reference.relu(y), get(`${at}.conv3.weight`), 1), `${at}.bn3`);
      const projection = arrays.get(`${at}.downsample.0.weight`);
      const around = projection ? norm(reference.conv2d(x, projection, stride), `${at}.downsample.1`) : x;
      x = reference.relu(reference.add(y, around));
    }
  }
  const features = reference.averagePool(x);
  return { features, logits: linear(arrays, features, 'fc') };
}

/** The k greatest values of each channel of batch × 1 × length × channels. */
function kMaxSequence(x: Array64, k: number): Array64 {
  const [n, , length, channels] = x.shape;
  const rows = reference.transpose({ shape: [n, length, channels], data: x.data }, [0, 2, 1]);
  const { data } = reference.transpose(reference.kMaxPool(rows, k), [0, 2, 1]);
  return { shape: [n, 1, k, channels], data };
}

/** The network of Conneau et al. 2017 on codes, batch × length. */
export function vdcnn(
  arrays: Arrays,
  codes: ArrayLike<number>,
  batch: number,
  pooling: 'maxpool' | 'conv' | 'kmaxpool',
  training: boolean,
): Forward {
  const get = (name: string) => arrays.get(name) as Array64;
  const norm = (x: Array64, name: string) => normalize(arrays, x, name, training);
  const shape = [batch, 1, codes.length / batch];
  const embedded = reference.embed(codes, shape, get('character_embedding.weight'));
  let x = reference.conv2d(embedded, get('conv1.weight'), 1);
  for (let section = 1; section <= 4; section++) {
    for (let i = 0; arrays.has(`section${section}.${i}.conv1.weight`); i++) {
      const at = `section${section}.${i}`;
      const grows = section > 1 && i === 0;
      if (grows && pooling === 'maxpool') x = reference.maxPool(x, 3, 2, true);
      if (grows && pooling === 'kmaxpool') x = kMaxSequence(x, Math.floor(x.shape[2] / 2));
      const stride = grows && pooling === 'conv' ? 2 : 1;
      let y = reference.relu(norm(reference.conv2d(x, get(`${at}.conv1.weight`), stride), `${at}.bn1`));
      y = norm(reference.conv2d(y, get(`${at}.conv2.weight`), 1), `${at}.bn2`);
      const projection = arrays.get(`${at}.shortcut.weight`);
      const around = projection ? reference.conv2d(x, projection, stride) : x;
      const shortcut = arrays.has('section2.0.shortcut.weight');
      x = reference.relu(shortcut ? reference.add(y, around) : y);
    }
  }
  const [n, , length, channels] = x.shape;
  const rows = reference.transpose({ shape: [n, length, channels], data: x.data }, [0, 2, 1]);
  const kept = reference.kMaxPool(rows, 8);
  const flat = { shape: [n, channels * 8], data: kept.data };
  const features = reference.relu(linear(arrays, reference.relu(linear(arrays, flat, 'fc1')), 'fc2'));
  return { features, logits: linear(arrays, features, 'fc3') };
}
