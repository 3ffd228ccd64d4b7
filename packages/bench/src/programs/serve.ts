/** The side of the protocol that answers. */
import { createInterface } from 'node:readline';
import type { Answers, Questions } from '../protocol.ts';

/** A function for each question that the process can answer. */
export type Answering = { [Q in keyof Questions]?: (question: Questions[Q]) => Promise<Answers[Q]> };

/** Answers the lines of standard input until it ends. */
export async function serve(answering: Answering): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await answerTo(answering, JSON.parse(line) as { ask: keyof Questions }).catch((error: unknown) => ({
      error: error instanceof Error ? error.message : String(error),
    }));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

async function answerTo(answering: Answering, question: { ask: keyof Questions }): Promise<object> {
  const answer = answering[question.ask] as ((question: object) => Promise<object>) | undefined;
  if (!answer) throw new Error(`this process does not answer '${question.ask}'`);
  return answer(question);
}
