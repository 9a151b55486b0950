import { build } from 'esbuild'
import { miniProgram } from '../../bundle.mts'

/** `miniprogram_dist/index.js`, as it is built now. */
export async function bundleForMiniProgram(): Promise<string> {
  const { outputFiles } = await build({ ...miniProgram, write: false as const })
  const [file] = outputFiles
  if (!file) throw new Error('esbuild built nothing')
  return file.text
}
