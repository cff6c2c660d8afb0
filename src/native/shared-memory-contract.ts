export interface NativeSharedMemory {
  descriptor: number;
  close(): void;
}

/** The addon's operations on memory that processes share; see contract.ts. Short, so synchronous. */
export interface SharedMemoryOperations {
  /** New memory of no bytes yet. Its descriptor is closed by `close`, or when the object is collected. */
  sharedMemoryCreate(): NativeSharedMemory;
  /** A part of it, which grows where it is shorter. @param offset a multiple of 64 KiB */
  sharedMemoryMap(descriptor: number, offset: number, bytes: number): ArrayBuffer;
}

export const SHARED_MEMORY_CONTRACT = {
  sharedMemoryCreate: [],
  sharedMemoryMap: ['descriptor', 'offset', 'bytes'],
} as const;
