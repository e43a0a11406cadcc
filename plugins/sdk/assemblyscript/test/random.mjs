/** A source of numbers that look random and are the same each time: random(seed)(n) is one of 0 to n - 1. */
export function random(seed) {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}
