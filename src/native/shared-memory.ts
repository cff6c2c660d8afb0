import { toSvpError } from './job';
import { loadAddon } from './load';
import type { NativeSharedMemory } from './shared-memory-contract';

/** Parts begin at multiples of this. */
const PAGE = 1 << 16;

/** Part of a shared memory, as one process tells another of it. */
export interface SharedPart {
  offset: number;
  bytes: number;
}

interface Mapped extends SharedPart {
  memory: ArrayBuffer;
}

/**
 * Memory that a process and its child hold together: bytes that one writes the other has. The child inherits the
 * descriptor; it has no name and is gone with the last process that holds it. It is cut into slots, each of them used for
 * one thing at a time, which is for its users to agree on.
 *
 * Pages take room once they are written to. A slot that becomes too small gets a part of at least twice the size.
 */
export class SharedMemory {
  private readonly slots: (Mapped | undefined)[] = [];
  private end = 0;

  private constructor(
    readonly descriptor: number,
    private readonly own?: NativeSharedMemory,
  ) {}

  /** @throws SvpError SVP_E_MEMORY, SVP_E_RUNTIME where the native engine is not there */
  static create(): SharedMemory {
    try {
      const own = loadAddon().sharedMemoryCreate();
      return new SharedMemory(own.descriptor, own);
    } catch (error) {
      throw toSvpError(error);
    }
  }

  /** The memory of the process that started this one. */
  static inherited(descriptor: number): SharedMemory {
    return new SharedMemory(descriptor);
  }

  /** Room for so many bytes in a slot, for the process that writes it. @throws SvpError SVP_E_MEMORY */
  reserve(slot: number, bytes: number): { memory: ArrayBuffer; part: SharedPart } {
    const old = this.slots[slot];
    if (old && old.bytes >= bytes)
      return { memory: old.memory, part: { offset: old.offset, bytes: old.bytes } };
    const wanted = Math.max(bytes, 2 * (old?.bytes ?? 0), 1);
    const part = { offset: this.end, bytes: Math.ceil(wanted / PAGE) * PAGE };
    const memory = this.map(slot, part);
    this.end += part.bytes;
    return { memory, part };
  }

  /** What the other process calls `part`, for the process that reads it. @throws SvpError SVP_E_MEMORY */
  map(slot: number, part: SharedPart): ArrayBuffer {
    const old = this.slots[slot];
    if (old && old.offset === part.offset && old.bytes === part.bytes) return old.memory;
    try {
      const memory = loadAddon().sharedMemoryMap(this.descriptor, part.offset, part.bytes);
      this.slots[slot] = { ...part, memory };
      return memory;
    } catch (error) {
      throw toSvpError(error);
    }
  }

  /** Lets go of the memory; parts that are still in use stay until they are collected. */
  close(): void {
    this.slots.length = 0;
    this.own?.close();
  }
}
