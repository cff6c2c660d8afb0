import { promises as fs } from 'node:fs';
import * as path from 'node:path';
import { ensureFolder, temporaryOf, writeFileAtomically } from '../core/atomic-file';
import type { EpochRecord } from '../core/run-record';
import { formatIndexFile } from '../data/formats/index-file';
import { SvpError } from '../errors';

/** A line of proxy.csv or target.csv. Accuracies are fractions, times are seconds; NaN is written as an empty field. */
export interface TrainingLine {
  nexamples: number;
  train_accuracy: number;
  dev_accuracy: number;
  test_accuracy: number;
  train_time: number;
  dev_time: number;
  test_time: number;
}

/** A line of selection.csv. Times are seconds. */
export interface SelectionLine {
  /** Chosen in all: current_nexamples + new_nexamples. */
  nexamples: number;
  current_nexamples: number;
  new_nexamples: number;
  total_time: number;
  inference_time: number;
  ranking_time: number;
}

const TRAINING_COLUMNS = [
  'nexamples',
  'train_accuracy',
  'dev_accuracy',
  'test_accuracy',
  'train_time',
  'dev_time',
  'test_time',
] as const;

const SELECTION_COLUMNS = [
  'nexamples',
  'current_nexamples',
  'new_nexamples',
  'total_time',
  'inference_time',
  'ranking_time',
] as const;

const RESULT_COLUMNS = ['epoch', 'mode', 'learning_rate', 'loss', 'top1_accuracy', 'duration'] as const;

/** `2026-01-31T120000Z`: sorts by time, and is a legal file name everywhere. */
export function runStamp(time = new Date()): string {
  return `${time
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/:/g, '')}`;
}

/**
 * One run's folder, in the file names of the reference (docs/guides/core-set.md lists them). Every file is written whole
 * or not at all. `within` gives the same for a sub-folder: proxy, target, or one method's part of the run.
 */
export class RunDirectory {
  private constructor(readonly folder: string) {}

  /**
   * Creates the folder, or takes an empty one.
   * @param folder default `runs/<command>-<UTC time>` under the working directory
   * @param force take a folder that holds files already; files of the same names are replaced
   * @throws SvpError SVP_E_EXISTS for a folder that is not empty, SVP_E_WRITE where it cannot be written
   */
  static async create(command: string, folder?: string, force = false): Promise<RunDirectory> {
    const chosen = path.resolve(folder ?? path.join('runs', `${command}-${runStamp()}`));
    await ensureFolder(chosen);
    const present = await fs.readdir(chosen);
    if (present.length > 0 && !force) {
      throw new SvpError(
        'SVP_E_EXISTS',
        `The run folder ${chosen} is not empty (${present.length} entries). Name another with --run-dir, or give --force to write into it.`,
        { file: chosen },
      );
    }
    const run = new RunDirectory(chosen);
    // A folder that cannot be written is told now, not after minutes of training.
    await writeFileAtomically(run.file('.svp-run'), '');
    await fs.rm(run.file('.svp-run'), { force: true });
    return run;
  }

  /** An existing run's folder, to continue or to read. @throws SvpError SVP_E_FILE */
  static async open(folder: string): Promise<RunDirectory> {
    const chosen = path.resolve(folder);
    const state = await fs.stat(chosen).catch(() => undefined);
    if (!state?.isDirectory()) {
      throw new SvpError('SVP_E_FILE', `There is no run folder ${chosen}. Check the path.`, { file: chosen });
    }
    return new RunDirectory(chosen);
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  /** A part of the run in a folder of its own. */
  async within(name: string): Promise<RunDirectory> {
    const part = new RunDirectory(path.join(this.folder, name));
    await ensureFolder(part.folder);
    return part;
  }

  async writeText(name: string, text: string): Promise<string> {
    const file = this.file(name);
    await writeFileAtomically(file, text);
    return file;
  }

  async writeJson(name: string, value: unknown): Promise<string> {
    return this.writeText(name, `${JSON.stringify(value, null, 2)}\n`);
  }

  /** An index file: one integer a line, in the given order. */
  async writeIndices(name: string, indices: Uint32Array): Promise<string> {
    return this.writeText(name, formatIndexFile(indices));
  }

  /** proxy.csv or target.csv. */
  async writeTraining(name: 'proxy.csv' | 'target.csv', lines: TrainingLine[]): Promise<void> {
    await this.writeText(name, table(TRAINING_COLUMNS, lines));
  }

  async writeSelection(lines: SelectionLine[]): Promise<void> {
    await this.writeText('selection.csv', table(SELECTION_COLUMNS, lines));
  }

  /** results.csv: one line for each epoch and split, as training goes. */
  async writeEpochs(epochs: EpochRecord[]): Promise<void> {
    const lines = epochs.flatMap((epoch) => {
      const common = { epoch: epoch.epoch, learning_rate: epoch.learningRate };
      const of: { [Column in (typeof RESULT_COLUMNS)[number]]: number | string }[] = [
        {
          ...common,
          mode: 'train',
          loss: epoch.trainLoss,
          top1_accuracy: epoch.trainAccuracy,
          duration: epoch.trainSeconds,
        },
      ];
      if (epoch.validationAccuracy !== undefined) {
        of.push({ ...common, mode: 'dev', loss: '', top1_accuracy: epoch.validationAccuracy, duration: '' });
      }
      if (epoch.testAccuracy !== undefined) {
        of.push({
          ...common,
          mode: 'test',
          loss: '',
          top1_accuracy: epoch.testAccuracy,
          duration: epoch.testSeconds ?? '',
        });
      }
      return of;
    });
    await this.writeText('results.csv', table(RESULT_COLUMNS, lines));
  }

  /** Removes what an interrupted write of a killed process left: only the temporary names that writes here use. */
  async sweep(): Promise<void> {
    const entries = await fs.readdir(this.folder, { recursive: true }).catch(() => [] as string[]);
    for (const entry of entries) {
      if (temporaryOf(path.basename(entry)) !== undefined) {
        await fs.rm(this.file(entry), { force: true });
      }
    }
  }
}

function table<Column extends string>(
  columns: readonly Column[],
  lines: { [name in Column]: number | string }[],
): string {
  const field = (value: number | string) =>
    typeof value === 'string' ? value : Number.isFinite(value) ? String(value) : '';
  return `${[columns.join(','), ...lines.map((line) => columns.map((c) => field(line[c])).join(','))].join('\n')}\n`;
}
