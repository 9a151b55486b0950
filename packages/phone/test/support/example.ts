import { join } from 'node:path'

export const exampleRoot = join(
  import.meta.dirname,
  '../../../../examples/mini-program/miniprogram',
)
/** The SDK as it is in this workspace, where nothing is built. */
export const conditions = ['@kaimen/source']
