import { prepareCompiler } from './src/compile/compile.ts'
const c = prepareCompiler({ root: '/tmp/wt/phone/examples/mini-program/miniprogram', conditions: ['@kaimen/source'] })
for (const i of [1,2]) { const t = performance.now(); const p = c.compile(); console.log(performance.now() - t, JSON.stringify(p).length); if (i==1) { console.log(p.pages, Object.keys(p.modules), p.problems, p.parts['pages/profile/profile']); console.log(p.styles.slice(0,900)); console.log(p.modules['pages/profile/profile.js']) } }
