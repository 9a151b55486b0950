import { spawn } from 'node:child_process'

/** What a check has to say: whether it passed, and what to print if it did not. */
export interface Outcome {
  passed: boolean
  output: string
}

/** Without colours, which some tools put into pipes too when they see that they run in CI. */
const plain = { NO_COLOR: '1', FORCE_COLOR: undefined }

/** Runs a program to its end and keeps what it printed, standard output and error in one. */
export function runProgram(
  file: string,
  args: string[],
  options: { cwd: string },
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      ...options,
      env: { ...process.env, ...plain },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const keep = (text: string) => {
      output += text
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    child.on('error', (error) => resolve({ passed: false, output: `${file}: ${error.message}` }))
    child.on('close', (code) => resolve({ passed: code === 0, output }))
  })
}

/** Runs a JavaScript program with the Node that runs this. */
export function runNode(script: string, args: string[], cwd: string): Promise<Outcome> {
  return runProgram(process.execPath, [script, ...args], { cwd })
}

/** Runs npm: the one that started this, or else the one on the path. */
export function runNpm(args: string[], cwd: string): Promise<Outcome> {
  const cli = process.env.npm_execpath
  return cli?.endsWith('npm-cli.js') ? runNode(cli, args, cwd) : runProgram('npm', args, { cwd })
}
