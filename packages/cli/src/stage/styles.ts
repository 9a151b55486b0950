/** How the stage looks. The lanes of the diagram are fifths of its width. */
export const styles = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#f4f5f3, #111413);
  --card: light-dark(#ffffff, #1a1e1d);
  --ink: light-dark(#17201c, #e8ece9);
  --quiet: light-dark(#5a6660, #9aa6a0);
  --rule: light-dark(#dfe3df, #2c3331);
  --hover: light-dark(#f0f3f0, #222826);
  --green: light-dark(#067a3e, #3ddc84);
  --red: light-dark(#b3261e, #ff8a80);
  --phone-1: light-dark(#1d5fd1, #7db2ff);
  --phone-2: light-dark(#8a3fc7, #cf9cff);
  --desktop: light-dark(#9a5b00, #ffbd66);
  --terminal: light-dark(#9a5b00, #ffbd66);
  --server: light-dark(#17201c, #e8ece9);
  --wechat: light-dark(#067a3e, #3ddc84);
  font: 14px/1.5 system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif;
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html:lang(en) [lang='zh-CN'], html:lang(zh) [lang='en'] { display: none; }
body { display: flex; flex-direction: column; height: 100dvh; margin: 0; background: var(--paper); color: var(--ink); }
h1, h2, h3, p, dl, dd, ol { margin: 0; padding: 0; }
code { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace; font-size: .92em; overflow-wrap: anywhere; }
button, select { font: inherit; color: inherit; min-height: 32px; border: 1px solid var(--rule); border-radius: 8px; background: var(--card); }
button { padding: 0 12px; cursor: pointer; }
button:hover, select:hover { background: var(--hover); }
select { padding: 0 4px; min-width: 0; max-width: 100%; text-overflow: ellipsis; }
:focus-visible { outline: 3px solid var(--green); outline-offset: 2px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -999px; top: 8px; z-index: 9; padding: 8px 16px; background: var(--card); color: var(--ink); }
.skip:focus { left: 8px; }

header { display: flex; align-items: center; gap: 20px; padding: 10px 24px; border-bottom: 1px solid var(--rule); background: var(--card); }
h1 { font-size: 20px; font-weight: 700; letter-spacing: .02em; white-space: nowrap; }
header h1 > span { font-weight: 400; color: var(--quiet); }
header p { flex: 1; min-width: 0; }
header small { margin-left: 12px; color: var(--quiet); font-size: 12px; }
header nav { display: flex; align-items: center; gap: 16px; white-space: nowrap; }
header a { color: var(--quiet); text-decoration: none; }
header a:hover { color: var(--ink); text-decoration: underline; }
.views { display: none; }

main { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(250px, 340px) minmax(0, 1fr) minmax(250px, 340px); gap: 20px; padding: 16px 24px; }
.phone { display: flex; flex-direction: column; gap: 10px; min-height: 0; align-items: center; container-type: size; }
.phone-head { display: flex; align-items: center; gap: 8px; width: 100%; max-width: 340px; }
.phone-head h2 { flex: none; font-size: 14px; }
#phone-1 h2 { color: var(--phone-1); }
#phone-2 h2 { color: var(--phone-2); }
.phone-head select { flex: 1; }
.device { flex: none; width: min(100cqw, (100cqh - 58px) * 375 / 812 + 16px); padding: 8px; border-radius: 42px; background: #0d0f0e; box-shadow: 0 0 0 1px #3a403d, 0 10px 30px rgb(0 0 0 / .22); }
.device > * { width: 100%; aspect-ratio: 375 / 812; }
.device iframe { display: block; border: 0; border-radius: 34px; background: #fff; }
.no-program { display: grid; align-content: center; gap: 12px; padding: 24px; border-radius: 34px; background: var(--card); text-align: center; }
.no-program p { color: var(--quiet); }

.messages { display: flex; flex-direction: column; min-height: 0; border: 1px solid var(--rule); border-radius: 16px; background: var(--card); overflow: hidden; }
.toolbar { display: flex; flex-wrap: wrap; gap: 8px; padding: 10px 12px; border-bottom: 1px solid var(--rule); }
.pair { display: flex; min-width: 0; }
.pair > * { border-radius: 0; margin-left: -1px; }
.pair > :first-child { border-radius: 8px 0 0 8px; margin-left: 0; }
.pair > :last-child { border-radius: 0 8px 8px 0; }
.pair select { width: 132px; color: var(--quiet); }
.pair > :focus-visible { z-index: 1; }
.break[aria-pressed='true'] { background: var(--red); border-color: var(--red); color: var(--card); }
.desktop-toggle[aria-expanded='true'] { background: var(--ink); border-color: var(--ink); color: var(--card); }
.clear { margin-left: auto; }

.diagram { flex: 1; min-height: 0; display: flex; flex-direction: column; }
.lanes { display: grid; grid-template-columns: repeat(5, 1fr); padding: 8px 0; border-bottom: 1px solid var(--rule); text-align: center; font-weight: 600; font-size: 13px; }
.lanes > [data-actor='phone-1'] { color: var(--phone-1); }
.lanes > [data-actor='phone-2'] { color: var(--phone-2); }
.lanes > [data-actor='desktop'] { color: var(--desktop); }
.lanes > [data-actor='wechat'] { color: var(--wechat); }
.scroller { position: relative; flex: 1; overflow-y: auto; overscroll-behavior: contain; scrollbar-width: none; background: repeating-linear-gradient(to right, transparent 0 calc(10% - .5px), var(--rule) calc(10% - .5px) calc(10% + .5px), transparent calc(10% + .5px) 20%); }
.scroller:focus-visible { outline-offset: -3px; }
.empty { position: absolute; inset: 0; display: grid; place-content: center; padding: 15%; text-align: center; color: var(--quiet); }
.empty > span { padding: 12px; background: var(--card); }
ol { list-style: none; padding: 6px 0 24px; }
.arrow { --color: var(--server); }
.arrow[data-from='phone-1'] { --color: var(--phone-1); }
.arrow[data-from='phone-2'] { --color: var(--phone-2); }
.arrow[data-from='desktop'] { --color: var(--desktop); }
.arrow[data-from='terminal'] { --color: var(--terminal); }
.arrow[data-from='wechat'] { --color: var(--wechat); }
.arrow.failed { --color: var(--red); }
.arrow > button { position: relative; display: block; width: 100%; min-height: 44px; padding: 0 0 12px; border: 0; border-radius: 0; background: none; text-align: left; }
.arrow > button:hover, .arrow.open > button { background: color-mix(in srgb, var(--color) 9%, transparent); }
.arrow > button:focus-visible { outline-offset: -3px; }
.label { position: relative; display: block; width: fit-content; max-width: calc(100% - var(--left) * 100% - 8px); margin-left: calc(var(--left) * 100% + 8px); margin-top: 6px; padding: 0 3px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font: 500 12px/18px ui-monospace, 'SF Mono', Menlo, Consolas, monospace; color: var(--color); background: var(--card); border-radius: 4px; }
.rightmost .label { max-width: calc(var(--right) * 100% - 8px); margin-left: auto; margin-right: calc((1 - var(--right)) * 100% + 8px); }
.reply .label { font-weight: 400; }
.open .label, button:hover > .label { background: none; }
.line { position: absolute; bottom: 9px; left: calc(var(--left) * 100%); width: calc((var(--right) - var(--left)) * 100%); border-top: 2px solid var(--color); }
.reply .line { border-top-style: dashed; border-top-width: 1.5px; }
.line::after { content: ''; position: absolute; top: -6px; right: 0; border: 5px solid transparent; border-left: 8px solid var(--color); border-right: 0; }
.line.left::after { right: auto; left: 0; border-left: 0; border-right: 8px solid var(--color); }
.line::before { content: ''; position: absolute; top: -4px; left: -3px; width: 6px; height: 6px; border-radius: 50%; background: var(--color); }
.line.left::before { left: auto; right: -3px; }
@media (prefers-reduced-motion: no-preference) { .arrow { animation: come .25s ease-out; } }
@keyframes come { from { opacity: 0; transform: translateY(6px); } }

.details { margin: 0 12px 12px; padding: 14px 16px; border: 1px solid var(--rule); border-left: 3px solid var(--color); border-radius: 10px; background: var(--paper); }
.why { font-size: 14px; }
.details section { margin-top: 12px; }
h3 { font-size: 13px; font-weight: 600; }
h3 small, .none { color: var(--quiet); font-weight: 400; }
.details dl { display: grid; grid-template-columns: minmax(90px, max-content) minmax(0, 1fr); gap: 4px 14px; margin-top: 6px; font-size: 13px; }
dt { color: var(--quiet); overflow-wrap: anywhere; }
.secret { padding: 2px 8px; border-radius: 6px; background: repeating-linear-gradient(135deg, color-mix(in srgb, var(--ink) 5%, transparent) 0 6px, color-mix(in srgb, var(--ink) 9%, transparent) 6px 12px); }
.secret .length { color: var(--quiet); }
.secret small { display: block; color: var(--quiet); }

.desktop-panel { flex: none; display: flex; flex-direction: column; height: min(400px, 52%); border-top: 1px solid var(--rule); background: var(--paper); }
.browser-bar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; padding: 8px 12px; }
.dots { width: 42px; height: 10px; background: radial-gradient(circle 5px, var(--rule) 98%, transparent) 0 0 / 14px 10px; }
.address { flex: 1; min-width: 140px; padding: 4px 12px; border-radius: 99px; background: var(--card); color: var(--quiet); font-size: 12px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.scan, .primary { border-color: var(--green); color: var(--green); }
.desktop-panel iframe { flex: 1; width: 100%; border: 0; border-top: 1px solid var(--rule); background: var(--card); }
.notice { position: fixed; left: 50%; bottom: 20px; z-index: 5; max-width: min(560px, calc(100vw - 32px)); transform: translateX(-50%); padding: 10px 18px; border-radius: 10px; background: var(--ink); color: var(--card); box-shadow: 0 6px 24px rgb(0 0 0 / .25); }
.notice:empty { display: none; }

body.desktop { height: auto; min-height: 100dvh; background: var(--card); }
.desktop main { display: grid; grid-template-columns: none; align-content: start; justify-items: center; gap: 12px; padding: 16px; text-align: center; }
.desktop h1 { font-size: 17px; }
#code { width: 190px; }

@media (max-width: 1180px) { header small { display: none; } .pair select { width: 108px; } }
@media (max-width: 900px) {
  header { gap: 12px; padding: 8px 14px; }
  header p { display: none; }
  header nav { flex: 1; justify-content: flex-end; gap: 12px; font-size: 13px; }
  header a:nth-of-type(2), header a:nth-of-type(3) { display: none; }
  .views { display: flex; padding: 8px 14px 0; gap: 6px; }
  .views button { flex: 1; }
  .views [aria-pressed='true'] { background: var(--ink); border-color: var(--ink); color: var(--card); }
  [data-view] > main { grid-template: minmax(0, 1fr) / minmax(0, 1fr); padding: 10px 14px 14px; }
  [data-view] > main > * { grid-area: 1 / 1; visibility: hidden; }
  [data-view='phone-1'] > main > [data-view='phone-1'],
  [data-view='messages'] > main > [data-view='messages'],
  [data-view='phone-2'] > main > [data-view='phone-2'] { visibility: visible; }
  .toolbar { flex-wrap: nowrap; flex: none; padding: 8px; gap: 6px; overflow-x: auto; }
  .toolbar > *, .pair > * { flex: none; }
  .lanes { font-size: 12px; }
  .details dl { grid-template-columns: minmax(0, 1fr); gap: 2px; }
  dd { margin-bottom: 6px; }
}
@media (forced-colors: active) { .line { border-color: CanvasText; } }
`

/** A door, half open. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#07c160"/><path d="M8 6h16v20H8z" fill="#fff"/><path d="M8 6l10 4v20L8 26z" fill="#056633"/><circle cx="15.4" cy="18.6" r="1.3" fill="#fff"/></svg>`
