import type { TopLevelSpec } from 'vega-lite' with { 'resolution-mode': 'import' };
import type { Html } from './html';

/** One chart of the page, in the sizes for wide and narrow screens; the style sheet shows one of them. */
export interface Chart {
  /** Unique in the page. */
  id: string;
  title: string;
  /** What to look for, below the title. */
  caption: string;
  /** The chart in words, for those who do not see it. */
  alternative: string;
  /** Always shown; or only where the narrow drawing, which has no labels of its own, is. */
  legend: Html;
  legendFor: 'both' | 'narrow';
  /** A further class of the figure: 'heat' where text stands on coloured cells, 'map' for a square drawing. */
  look?: 'heat' | 'map';
  wide: TopLevelSpec;
  narrow: TopLevelSpec;
  /** The figures that are drawn, as a table. */
  figures: { headings: string[]; rows: string[][] };
}

/** A drawing's outer size and the room round its plot, in pixels. */
export interface Frame {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Size and padding of a chart whose outer size is exact: labels in the padding do not change it. */
export function framed(frame: Frame) {
  return {
    autosize: { type: 'none' as const },
    width: frame.width - frame.left - frame.right,
    height: frame.height - frame.top - frame.bottom,
    padding: { left: frame.left, right: frame.right, top: frame.top, bottom: frame.bottom },
  };
}

/** Common looks. Colours are those of the style sheet, so that the drawing follows the reader's colour scheme. */
export function chartConfig(fontSize: number) {
  return {
    aria: false,
    background: 'transparent',
    font: 'inherit',
    view: { stroke: null },
    axis: {
      domainColor: 'var(--rule)',
      tickColor: 'var(--rule)',
      gridColor: 'var(--grid)',
      labelColor: 'var(--quiet)',
      titleColor: 'var(--quiet)',
      labelFontSize: fontSize,
      titleFontSize: fontSize,
      titleFontWeight: 'normal' as const,
      labelPadding: 6,
      titlePadding: 10,
      labelOverlap: true,
      labelFlush: false,
    },
  };
}

/** Puts the title of the upright axis level above it, where it is easier to read, at the frame's left edge. */
export function titleAbove(title: string, frame: Frame) {
  return {
    title,
    titleAngle: 0,
    titleAlign: 'left' as const,
    titleBaseline: 'bottom' as const,
    titleX: 4 - frame.left,
    titleY: -12,
  };
}

/** Whole numbers from 1 to `last`, at most about eight of them, the last one included. */
export function wholeTicks(last: number): number[] {
  const step = Math.max(1, Math.ceil(last / 8));
  const ticks: number[] = [];
  for (let tick = last; tick >= 1; tick -= step) ticks.unshift(tick);
  return ticks;
}
