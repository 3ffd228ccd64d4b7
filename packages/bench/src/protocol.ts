/**
 * What the measuring processes are asked and answer, one line of JSON each. Every contender has a process of its own:
 * its memory, its threads and what its compiler has learned stay its own, and it keeps them from round to round.
 */
import type { InitOptions } from 'cambium';
import type { Network } from './networks.ts';

/** What can be asked of a network: which one, and how long to measure it. */
export interface Question {
  net: Network;
  milliseconds: number;
}

/** What a question needs beside its name. */
export interface Questions {
  /** What is running. */
  info: object;
  /** A training step; `threads` where the process can change them. */
  step: Question & { threads?: number };
  /** A growth event inside a step. */
  event: Question;
  /** `updateFeatures` on another batch. */
  change: Question;
  /** Memory at its largest. */
  memory: object;
}

/** What is answered to each question. */
export interface Answers {
  info: Info;
  step: { us: number };
  event: EventTimes;
  change: { us: number };
  memory: Memory;
}

/** What is running. */
export interface Info {
  version: string;
  /** The build of the program that computes. */
  module: string;
  threads: number;
}

/** Microseconds of one growth event inside a step. */
export interface EventTimes {
  /** By the engine's clock: what it proposes, tests and keeps or undoes. */
  us: number;
  /** What it adds to the fit in all: its way to JavaScript, and steps on other widths with weights of many ages. */
  added: number;
  /** Weights of the network over the events, as a share of those at the start. */
  weights: number;
}

/** Bytes. */
export interface Memory {
  /** Of the whole process, at its largest. */
  process: number;
  /** Of the engine's own memory, where it has one. */
  engine?: number;
}

/** What a start-up takes, in milliseconds. */
export interface StartUp {
  /** Loading the package. */
  importMs: number;
  /** From there until the engine is ready. */
  initMs: number;
  module: string;
  threads: number;
}

/** How a Cambium process is started: its first argument, as JSON. */
export type Start = InitOptions;
