// Answers the calls of a test over one connection; the program ends with it.

import { connect } from 'node:net'
import { createInterface } from 'node:readline'

/** @param {Record<string, (input: any) => unknown>} operations What the client can do, by name. */
export function serve(operations) {
  const socket = connect(Number(process.argv[2]), '127.0.0.1')
  socket.on('error', () => process.exit(0))
  createInterface({ input: socket })
    .on('close', () => process.exit(0))
    .on('line', (line) => void answer(operations, line, socket))
}

async function answer(operations, line, socket) {
  const { id, operation, input } = JSON.parse(line)
  const outcome = await outcomeOf(operations[operation], input)
  socket.write(`${JSON.stringify({ id, outcome })}\n`)
}

async function outcomeOf(run, input) {
  try {
    return { kind: 'value', value: (await run(input)) ?? null }
  } catch (error) {
    return { kind: 'error', error: describe(error) }
  }
}

function describe(error) {
  if (!(error instanceof Error)) return { name: 'not an Error', message: JSON.stringify(error) }
  const { name, message, code, data } = error
  return { name, message, code, data }
}
