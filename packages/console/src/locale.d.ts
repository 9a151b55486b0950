// TDesign's package has these types beside the .mjs files, under a name that only .js would find.
declare module 'tdesign-vue-next/es/locale/*.mjs' {
  import type { GlobalConfigProvider } from 'tdesign-vue-next'

  const locale: GlobalConfigProvider
  export default locale
}
