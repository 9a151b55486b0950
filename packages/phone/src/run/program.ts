/** A compiled mini program: plain data, so that it goes to a browser as JSON. */
export interface Program {
  /** `app.json` as it is. */
  readonly app: AppConfig
  /** The pages in the order of `app.json`; the first is where the program starts. */
  readonly pages: readonly string[]
  /** Pages and components by path, without an extension, such as `pages/index/index`. */
  readonly parts: Readonly<Record<string, Part>>
  /** An expression; its value has the template of every part by path. */
  readonly templates: string
  /** The whole style sheet; of each part what can reach that part alone. */
  readonly styles: string
  /** Scripts by path, with the extension. */
  readonly modules: Readonly<Record<string, Module>>
  /** What is wrong with the sources; whatever is not wrong runs. */
  readonly problems: readonly Problem[]
}

/** https://developers.weixin.qq.com/miniprogram/dev/reference/configuration/app.html */
export interface AppConfig {
  readonly window?: WindowConfig
  readonly tabBar?: TabBarConfig
  /** Components that every page has. */
  readonly usingComponents?: Readonly<Record<string, string>>
  readonly networkTimeout?: { readonly request?: number; readonly uploadFile?: number }
  readonly [field: string]: unknown
}

export interface WindowConfig {
  readonly navigationBarTitleText?: string
  readonly navigationBarBackgroundColor?: string
  readonly navigationBarTextStyle?: 'black' | 'white'
  readonly navigationStyle?: 'default' | 'custom'
  readonly backgroundColor?: string
  readonly enablePullDownRefresh?: boolean
  readonly disableScroll?: boolean
}

export interface TabBarConfig {
  readonly color?: string
  readonly selectedColor?: string
  readonly backgroundColor?: string
  readonly borderStyle?: 'black' | 'white'
  readonly list: readonly TabConfig[]
}

export interface TabConfig {
  readonly pagePath: string
  readonly text: string
  /** As a data URL, once compiled. */
  readonly iconPath?: string
  readonly selectedIconPath?: string
}

/** A page or a component. */
export interface Part {
  readonly kind: 'page' | 'component'
  /** Its JSON file, with the components by absolute path. */
  readonly config: PartConfig
  /** The script, as a key of `modules`; none where there is no such file. */
  readonly script: string | undefined
  /** What its class names begin with where its styles are its own. */
  readonly scope: string
}

export interface PartConfig extends WindowConfig {
  readonly component?: boolean
  readonly usingComponents?: Readonly<Record<string, string>>
  readonly styleIsolation?: string
  readonly [field: string]: unknown
}

export interface Module {
  /** The body of a CommonJS function; each line is where it is in the source. */
  readonly code: string
  /** The paths that its `require` calls lead to, by what they are called with. */
  readonly requires: Readonly<Record<string, string>>
}

export interface Problem {
  readonly kind: ProblemKind
  /** Relative to the folder of the mini program. */
  readonly file: string
  /** From 1. */
  readonly line?: number | undefined
  /** From 1. */
  readonly column?: number | undefined
  /** What there is to say more of it: a compiler's own words, or the name of what is missing. */
  readonly reason: string
}

export type ProblemKind =
  | 'app_missing'
  | 'json_syntax'
  | 'page_missing'
  | 'component_missing'
  | 'component_unknown'
  | 'import_missing'
  | 'template_syntax'
  | 'style_syntax'
  | 'script_syntax'
  | 'script_error'
