import type { App } from './app.ts'
import type { World } from './world.ts'

/** Where a mini-program code leads. */
interface Destination {
  readonly appid: string
  readonly page: string
}

/** More scenes than this are not kept; the oldest go first. WeChat keeps every one for ever. */
const scenesKept = 100_000

/** Where the latest code of a scene leads. */
export function keepScene(world: World, { scene, appid, page }: Destination & { scene: string }) {
  world.scenes.delete(scene)
  world.scenes.set(scene, { appid, page })
  for (const [oldest] of world.scenes) {
    if (world.scenes.size <= scenesKept) break
    world.scenes.delete(oldest)
  }
}

/** The page on which a mini program opens. */
export function homePageOf(app: App): string {
  return app.switches.released_pages?.[0] ?? 'pages/index/index'
}
