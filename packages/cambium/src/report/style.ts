/** Numbers of colours for the widths of hidden axes; further axes use them again. */
export const axisColours = 6;

const light = {
  paper: '#ffffff',
  ink: '#1c2430',
  faint: '#667085',
  grid: '#e4e7ec',
  train: '#7d8ba1',
  valid: '#1f6feb',
  added: '#178a4c',
  removed: '#d1432f',
  axes: ['#1f6feb', '#c2570c', '#0d8a7f', '#8b3fd1', '#b42363', '#7a6a00'],
};

const dark: typeof light = {
  paper: '#12161d',
  ink: '#e8ecf2',
  faint: '#98a2b3',
  grid: '#2b3340',
  train: '#8592a6',
  valid: '#6cb0ff',
  added: '#4fd08a',
  removed: '#ff8a75',
  axes: ['#6cb0ff', '#ffa45c', '#4fd1c5', '#c79bff', '#ff8fb8', '#e0cf5a'],
};

function rules(colours: typeof light): string {
  const series = (name: string, colour: string) => `.${name}{stroke:${colour}}.${name}-fill{fill:${colour}}`;
  return [
    `.paper{fill:${colours.paper}}.ink{fill:${colours.ink}}.faint{fill:${colours.faint}}.grid{stroke:${colours.grid}}.ground,.open{stroke:${colours.faint}}`,
    ...(['train', 'valid', 'added', 'removed'] as const).map((name) => series(name, colours[name])),
    ...colours.axes.map((colour, index) => series(`axis${index}`, colour)),
  ].join('');
}

/** The style sheet of a picture: light, and dark where the viewer prefers it and `theme` leaves the choice. */
export function styleSheet(theme: 'light' | 'dark' | 'auto'): string {
  const base =
    'text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-size:12px}' +
    '.title{font-size:18px;font-weight:600}.name{font-size:13px;font-weight:600}' +
    '.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.grid,.ground{stroke-width:1}.tick,.mark{stroke-width:1.25}.open{fill:none;pointer-events:all}';
  const colours = rules(theme === 'dark' ? dark : light);
  const night = theme === 'auto' ? `@media (prefers-color-scheme:dark){${rules(dark)}}` : '';
  return `<style>${base}${colours}${night}</style>`;
}
