import type { GeneralComponent } from 'glass-easel'
import type * as adapter from 'glass-easel-miniprogram-adapter'
import type { Part, Program } from './program.ts'
import { offerField } from './built-in/form.ts'

type StaticConfig = Parameters<adapter.CodeSpace['addComponentStaticConfig']>[1]

/** What a script passes to `Component()`, as far as it is looked at here. */
interface Definition {
  behaviors?: unknown[]
  properties?: Record<string, unknown>
  options?: { addGlobalClass?: boolean; styleIsolation?: string }
  [member: string]: unknown
}

/** Everything of the parts but their scripts. */
export function prepareParts(
  space: adapter.CodeSpace,
  program: Program,
  /** The compiled template of each part, by path. */
  templates: object,
): void {
  // Its own elements: they are found by id, as in the page that WeChat draws.
  space.getComponentSpace().updateComponentOptions({ writeIdToDOM: true })
  dropIdPrefixes(space)
  for (const [path, part] of Object.entries(program.parts)) {
    space.addComponentStaticConfig(path, configOf(part))
    space.addStyleSheet(path, undefined, part.scope)
    const content: unknown = Reflect.get(templates, path)
    if (content) space.addCompiledTemplate(path, { groupList: templates, content } as never)
  }
}

function configOf({ kind, config }: Part): StaticConfig {
  const { component: _, ...rest } = config
  return (kind === 'component' ? { ...rest, component: true } : rest) as never
}

/** The adapter puts a number before each id, different in every component. */
function dropIdPrefixes(space: adapter.CodeSpace) {
  const prepare: unknown = Reflect.get(space, 'prepareComponentOptions')
  if (typeof prepare !== 'function') return
  Reflect.set(space, 'prepareComponentOptions', (...given: unknown[]) => {
    const [options, isolation] = Reflect.apply(prepare, space, given) as [object, unknown]
    return [{ ...options, idPrefixGenerator: null }, isolation]
  })
}

/**
 * `Page`, `Component` and `Behavior` for the scripts. Which part a definition is for is the one
 * whose script runs: `begin` says so, and `end` sees to it that there is a definition.
 */
export function prepareDefinitions(space: adapter.CodeSpace, program: Program) {
  let path = ''
  let isDefined = false
  const fields = new Set<string>()

  /** As far as the adapter does not: options in the script, and WeChat's own behaviors. */
  function adapt(definition: Definition): Definition {
    const part = program.parts[path]
    const { addGlobalClass, styleIsolation } = definition.options ?? {}
    const isolation = styleIsolation ?? (addGlobalClass ? 'apply-shared' : undefined)
    if (part?.kind === 'component' && isolation && !part.config.styleIsolation) {
      const own = {
        ...configOf(part),
        styleIsolation: isolation === 'isolated' ? isolation : 'apply-shared',
      }
      space.addComponentStaticConfig(path, own as never)
    }
    const behaviors = definition.behaviors ?? []
    const own = behaviors.filter((behavior) => typeof behavior !== 'string')
    if (!behaviors.includes('wx://form-field')) return { ...definition, behaviors: own }
    fields.add(path)
    const properties = { name: String, value: null, ...definition.properties }
    return { ...definition, behaviors: own, properties }
  }

  const define =
    (kind: 'Page' | 'Component') =>
    (definition: Definition = {}) => {
      isDefined = true
      space.componentEnv(path, ({ Page, Component }) => {
        const adapted = adapt(definition) as never
        if (kind === 'Page') Page(adapted)
        else Component(adapted)
      })
    }
  const defineBehavior = Object.assign(
    (definition: Definition = {}) =>
      space.componentEnv(path, ({ Behavior }) => Behavior(adapt(definition) as never)),
    {},
  )

  space.setOverallBehavior(
    space
      .getComponentSpace()
      .define()
      .lifetime('attached', function () {
        const component = componentOf(this)
        const element: unknown = component.$$
        if (fields.has(component.is) && element instanceof HTMLElement) {
          const data = (): Readonly<Record<string, unknown>> => component.data
          offerField(element, {
            name: () => textOf(data()['name']),
            value: () => data()['value'],
            reset: () => component.setData({ value: null }),
          })
        }
        // The adapter leaves it to whoever draws.
        queueMicrotask(() => component.triggerLifetime('ready', []))
      })
      .registerBehavior()
      .general(),
  )

  return {
    Page: define('Page'),
    Component: define('Component'),
    Behavior: defineBehavior,
    begin(next: string) {
      path = next
      isDefined = false
    },
    /** A part whose script has failed, or which has none, shows its template all the same. */
    end() {
      if (!isDefined) define('Component')({})
      path = ''
    },
  }
}

/** The adapter gives lifetimes its own object for `this`, around the component. */
function componentOf(caller: object): GeneralComponent {
  return (Reflect.get(caller, '_$') ?? caller) as GeneralComponent
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '')
