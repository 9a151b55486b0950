import type { SeedPerson } from '../seed.ts'
import type { App } from '../world/app.ts'
import type { World } from '../world/world.ts'
import { Refusal } from './refusal.ts'

/** @throws Refusal 404 `app_unknown`, naming the apps that exist. */
export function findApp(world: World, appid: string): App {
  const app = world.apps.get(appid)
  if (app) return app
  throw new Refusal(
    404,
    'app_unknown',
    'There is no app with this appid.',
    `Use one of ${list(world.apps)}, or add one with POST /emulator/apps.`,
  )
}

/** @throws Refusal 404 `person_unknown`, naming the people who exist. */
export function findPerson(world: World, id: string): SeedPerson {
  const person = world.people.get(id)
  if (person) return person
  throw new Refusal(
    404,
    'person_unknown',
    'There is no person with this id.',
    `Use one of ${list(world.people)}, or add one with POST /emulator/people.`,
  )
}

const listed = 20

function list(byId: ReadonlyMap<string, unknown>): string {
  const ids = [...byId.keys()]
  const rest = ids.length > listed ? ` and ${ids.length - listed} more` : ''
  return ids.slice(0, listed).join(', ') + rest
}
