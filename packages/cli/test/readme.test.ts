import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSettings } from '../src/settings.ts'
import { tempFolder } from './support/kaimen.ts'

describe.each(['README.md', 'README.zh-CN.md'])('the example in %s', (file) => {
  it('is a kaimen.config.ts that is taken as it stands', async () => {
    const text = await readFile(new URL(`../${file}`, import.meta.url), 'utf8')
    const [, example = ''] = /```ts\n(\/\/ kaimen\.config\.ts\n.*?)```/s.exec(text) ?? []
    const folder = await tempFolder()
    // The folder has no packages; the import is of a type, and goes.
    await writeFile(join(folder, 'kaimen.config.ts'), example)
    process.env['SHOP_APP_SECRET'] = 'for this test only'
    const settings = await readSettings({}, folder)
    delete process.env['SHOP_APP_SECRET']
    expect(settings).toMatchObject({
      publicUrl: 'https://auth.example.com',
      apps: [{ app_id: 'wx0123456789abcdef', secret: 'for this test only' }],
    })
    expect(Object.keys(settings.hooks)).toEqual(['claims', 'on'])
  })
})
