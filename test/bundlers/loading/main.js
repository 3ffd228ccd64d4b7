// Starts the engine with the options in the page's address, and keeps what came of it.
import { init } from 'cambium';

const options = JSON.parse(decodeURIComponent(location.hash.slice(1)) || '{}');
globalThis.outcome = init(options).then(
  (info) => ({ info }),
  ({ name, code, message }) => ({ name, code, message }),
);
