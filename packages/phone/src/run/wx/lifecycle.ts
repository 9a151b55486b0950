import type { Wx } from './api.ts'

/** What a script passes to `App()`. */
export interface AppDefinition {
  onLaunch?: (options: object) => unknown
  onShow?: (options: object) => unknown
  onHide?: () => unknown
  onError?: (message: string) => unknown
  onPageNotFound?: (options: object) => unknown
  onUnhandledRejection?: (result: unknown) => unknown
  [member: string]: unknown
}

type Listener = (...given: never[]) => unknown
type Happening = 'show' | 'hide' | 'error' | 'network' | 'rejection'

/** How the program was opened, and who wants to know of what happens to it. */
export function describeLifecycle(
  start: { home: string; scene: number; path: string | undefined },
  app: () => AppDefinition,
  guard: (run: () => unknown) => void,
) {
  const listeners: Record<Happening, Set<Listener>> = {
    show: new Set(),
    hide: new Set(),
    error: new Set(),
    network: new Set(),
    rejection: new Set(),
  }
  const describe = (url: string, scene: number): WechatMiniprogram.LaunchOptionsApp => {
    const [path = '', query = ''] = url.replace(/^\//, '').split('?')
    return {
      path,
      query: Object.fromEntries(new URLSearchParams(query)),
      scene,
      shareTicket: '',
      referrerInfo: {},
      forwardMaterials: [],
      apiCategory: scene === 1154 ? 'browseOnly' : 'default',
    } as unknown as WechatMiniprogram.LaunchOptionsApp
  }
  const launched = describe(start.path ?? start.home, start.scene)
  let entered = launched

  const on = (happening: Happening) => (listener: Listener) =>
    void listeners[happening].add(listener)
  const off = (happening: Happening) => (listener?: Listener) => {
    if (listener) listeners[happening].delete(listener)
    else listeners[happening].clear()
  }

  return {
    launch: () => launched,
    enter: () => entered,
    enterBy(url: string, scene: number) {
      entered = describe(url, scene)
    },
    emit(happening: Happening, ...given: unknown[]) {
      if (happening === 'error') guardQuietly(() => app().onError?.(String(given[0])))
      if (happening === 'rejection') guardQuietly(() => app().onUnhandledRejection?.(given[0]))
      for (const listener of Array.from(listeners[happening]))
        (happening === 'error' ? guardQuietly : guard)(() =>
          Reflect.apply(listener, undefined, given),
        )
    },
    api: {
      onAppShow: on('show'),
      offAppShow: off('show'),
      onAppHide: on('hide'),
      offAppHide: off('hide'),
      onError: on('error'),
      offError: off('error'),
      onNetworkStatusChange: on('network'),
      offNetworkStatusChange: off('network'),
      onUnhandledRejection: on('rejection'),
      offUnhandledRejection: off('rejection'),
    } as Partial<Wx>,
  }
}

/** What fails while an error is told would be told again, without end. */
function guardQuietly(run: () => unknown) {
  try {
    run()
  } catch {
    // The error that it was told of is on the screen.
  }
}
