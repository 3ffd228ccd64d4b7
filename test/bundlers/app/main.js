import { init } from 'cambium';
import { train } from './train.js';

globalThis.trained = init({ threads: 2 }).then(train);
