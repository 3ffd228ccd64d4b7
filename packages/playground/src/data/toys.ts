import { Random } from './random.ts';

/** The two-dimensional sets. */
export type ToyName = 'spirals' | 'moons' | 'circles';

/** Points in the square from -1 to 1, two numbers each, and their class, 0 or 1. */
export interface Points {
  x: Float32Array;
  y: Uint8Array;
}

/** One point of class `label`, before noise. */
const shapes: Record<ToyName, (label: number, random: Random) => [number, number]> = {
  spirals(label, random) {
    const radius = 0.08 + 0.87 * Math.sqrt(random.uniform());
    const angle = 2.9 * Math.PI * radius + Math.PI * label;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  },
  moons(label, random) {
    const angle = Math.PI * random.uniform();
    const [x, y] = [0.6 * Math.cos(angle) - 0.3, 0.6 * Math.sin(angle) - 0.15];
    return label === 0 ? [x, y] : [-x, -y];
  },
  circles(label, random) {
    const angle = 2 * Math.PI * random.uniform();
    const radius = label === 0 ? 0.8 : 0.4;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  },
};

const noise: Record<ToyName, number> = { spirals: 0.025, moons: 0.08, circles: 0.07 };

/** `rows` points of a toy set, classes in turn; equal for equal seeds. */
export function toyPoints(name: ToyName, rows: number, seed: number): Points {
  const random = new Random(seed);
  const points: Points = { x: new Float32Array(2 * rows), y: new Uint8Array(rows) };
  for (let row = 0; row < rows; row++) {
    const label = row % 2;
    const [x, y] = shapes[name](label, random);
    points.x[2 * row] = x + noise[name] * random.normal();
    points.x[2 * row + 1] = y + noise[name] * random.normal();
    points.y[row] = label;
  }
  return points;
}
