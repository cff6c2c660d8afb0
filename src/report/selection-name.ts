import { capitalised, methodLabel } from '../analysis/core-set-names';

/** How a selection is called on a page: 'Least confidence, preact8'. */
export function selectionName({ label, method }: { label: string; method: string }): string {
  return capitalised(label.replace(method, methodLabel(method)));
}
