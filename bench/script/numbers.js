// What do several rounds say?

const sorted = (values) => [...values].sort((a, b) => a - b);

const quantile = (values, part) => {
  const all = sorted(values);
  const at = (all.length - 1) * part;
  const low = Math.floor(at);
  return all[low] + ((all[low + 1] ?? all[low]) - all[low]) * (at - low);
};

export const median = (values) => quantile(values, 0.5);

/** Median and quartiles. @param {number[]} values */
export const spread = (values, digits = 0) => {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => quantile(values, part).toFixed(digits));
  return `${middle} (${low}–${high})`;
};
