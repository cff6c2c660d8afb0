/** The addon's operations on images; see contract.ts. Short, so synchronous: threads of their own call them. */
export interface ImageOperations {
  /** Size of a plain JPEG file: baseline or progressive, Huffman-coded, one component or three. null for any other bytes. */
  jpegSize(bytes: Uint8Array): { width: number; height: number } | null;
  /**
   * imageScale of what a JPEG file holds, of which only what the crop needs is decoded; false, and nothing written, for a file
   * that is not plain or not whole.
   */
  jpegScale(
    bytes: Uint8Array,
    channels: number,
    crop: Float64Array,
    table: Float32Array,
    planes: boolean,
    output: Float32Array | Uint8Array,
    instructionSet: string,
  ): boolean;
  /**
   * Scales and crops an image as src/data/images/resample.ts states it, and looks its bytes up.
   * @param crop source left, top, width, height; scaled width, height; window left, top, width, height; 1 to mirror
   * @param table channels × 256 values; empty: bytes stay bytes, and output is a Uint8Array
   * @param planes channels first
   */
  imageScale(
    data: Uint8Array,
    width: number,
    height: number,
    channels: number,
    crop: Float64Array,
    table: Float32Array,
    planes: boolean,
    output: Float32Array | Uint8Array,
    instructionSet: string,
  ): void;
}

export const IMAGE_CONTRACT = {
  jpegSize: ['bytes'],
  jpegScale: ['bytes', 'channels', 'crop', 'table', 'planes', 'output', 'instructionSet'],
  imageScale: ['data', 'width', 'height', 'channels', 'crop', 'table', 'planes', 'output', 'instructionSet'],
} as const;
