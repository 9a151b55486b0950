/** How the phone and WeChat's components look. The phone's own classes begin with `kp-`. */
export const styles = `
.kp-screen {
  position: relative; width: 100%; height: 100%; overflow: hidden; background: #fff;
  color: #000; font: 16px/1.4 -apple-system, 'PingFang SC', 'Noto Sans SC', 'WenQuanYi Zen Hei', sans-serif;
  --safe-area-top: 44px; --safe-area-bottom: 34px; --safe-area-left: 0px; --safe-area-right: 0px;
  -webkit-tap-highlight-color: transparent; user-select: none; text-align: left;
}
.kp-screen button, .kp-screen input, .kp-screen select, .kp-screen textarea { font: inherit; }
.kp-stack, .kp-window { position: absolute; inset: 0; }
.kp-window { touch-action: pan-y; display: flex; flex-direction: column; background: #fff; transition: transform .25s ease-out; }
.kp-window[data-place='right'] { transform: translateX(100%); }
.kp-window[data-place='under'] { transform: translateX(-25%); visibility: hidden; transition: transform .25s ease-out, visibility 0s .25s; }
.kp-window.kp-dragged { transition: none; box-shadow: 0 0 12px rgba(0,0,0,.2); }
@media (prefers-reduced-motion: reduce) { .kp-window { transition: none !important; } }
.kp-bar { flex: none; display: grid; grid-template-columns: 87px 1fr 94px; align-items: center; height: 44px; padding-top: 44px; }
.kp-bar[data-text='white'] { color: #fff; }
.kp-bar strong { grid-column: 2; font-size: 17px; font-weight: 500; text-align: center; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.kp-bar button { grid-column: 1; grid-row: 1; justify-self: start; }
.kp-back, .kp-house { width: 44px; height: 44px; padding: 0; border: 0; background: none; color: inherit; cursor: pointer; }
.kp-back::before { content: ''; display: block; width: 11px; height: 11px; margin-left: 18px; border: solid currentcolor; border-width: 0 0 2px 2px; transform: rotate(45deg); }
.kp-house::before { content: '⌂'; font-size: 22px; }
.kp-window[data-bar='custom'] .kp-bar { display: none; }
.kp-frame { position: relative; flex: 1; min-height: 0; contain: layout paint; container-type: size; overflow: hidden; }
.kp-scroller { position: absolute; inset: 0; overflow: hidden auto; overscroll-behavior: contain; scrollbar-width: none; transition: transform .2s; }
.kp-pull { position: absolute; top: 14px; left: 0; right: 0; text-align: center; visibility: hidden; }
.kp-frame[data-pulled] .kp-pull { visibility: visible; }
.kp-frame[data-pulled] .kp-scroller { transform: translateY(50px); }
.kp-tabs { flex: none; display: flex; height: 50px; padding-bottom: 34px; border-top: .5px solid rgba(0,0,0,.15); }
.kp-tabs button { flex: 1; position: relative; border: 0; background: none; color: inherit; font-size: 10px; cursor: pointer; padding: 4px 0 0; }
.kp-tabs button:not(:has(img)) { font-size: 15px; }
.kp-tabs img { display: block; width: 27px; height: 27px; margin: 0 auto 2px; }
.kp-tabs b { position: absolute; top: 2px; left: 55%; min-width: 16px; padding: 0 4px; border-radius: 9px; background: #fa5151; color: #fff; font-weight: 400; line-height: 16px; }
.kp-status { position: absolute; top: 0; left: 0; right: 0; height: 44px; display: flex; justify-content: space-between; align-items: center; padding: 0 26px 0 32px; font-size: 15px; font-weight: 600; pointer-events: none; }
.kp-signs { width: 24px; height: 11px; border: 1px solid currentcolor; border-radius: 3px; background: linear-gradient(currentcolor, currentcolor) 1px 1px / 19px 7px no-repeat content-box; padding: 1px; box-sizing: border-box; }
.kp-screen[data-signs='white'] .kp-status { color: #fff; }
.kp-capsule { position: absolute; top: 48px; right: 7px; width: 87px; height: 32px; box-sizing: border-box; display: flex; border: .5px solid rgba(0,0,0,.12); border-radius: 16px; background: rgba(255,255,255,.6); }
.kp-capsule button { flex: 1; padding: 0; border: 0; background: none; color: #000; cursor: pointer; display: grid; place-items: center; }
.kp-capsule button + button { border-left: .5px solid rgba(0,0,0,.12); margin: 6px 0; }
.kp-menu i { width: 6px; height: 6px; border-radius: 50%; background: currentcolor; box-shadow: -8px 0 0 -1px currentcolor, 8px 0 0 -1px currentcolor; }
.kp-leave i { width: 5px; height: 5px; border: 5px double currentcolor; border-radius: 50%; }
.kp-screen[data-signs='white'] .kp-capsule { border-color: rgba(255,255,255,.25); background: rgba(0,0,0,.15); }
.kp-screen[data-signs='white'] .kp-capsule button { color: #fff; border-color: rgba(255,255,255,.25); }
.kp-home-line { position: absolute; bottom: 8px; left: 50%; width: 134px; height: 5px; margin-left: -67px; border-radius: 3px; background: #fff; mix-blend-mode: difference; pointer-events: none; z-index: 6; }
.kp-layer { position: absolute; inset: 0; pointer-events: none; z-index: 5; }
.kp-layer > * { pointer-events: auto; }
.kp-mask, .kp-dialog, .kp-shade { position: absolute; inset: 0; }
.kp-shade { background: rgba(0,0,0,.5); }
.kp-toast { position: absolute; top: 45%; left: 50%; transform: translate(-50%, -50%); box-sizing: border-box; max-width: 270px; padding: 12px 16px; border-radius: 12px; background: rgba(76,76,76,.95); color: #fff; font-size: 17px; text-align: center; pointer-events: none; width: max-content; }
.kp-toast p { margin: 0; }
.kp-square { width: 136px; min-height: 136px; padding: 24px 12px; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 12px; }
.kp-toast-icon { width: 40px; height: 40px; font: 40px/40px sans-serif; font-style: normal; }
.kp-spinner { display: inline-block; width: 18px; height: 18px; box-sizing: border-box; border: 2px solid currentcolor; border-right-color: transparent; border-radius: 50%; vertical-align: middle; animation: kp-turn 1s linear infinite; }
.kp-spinner.kp-big { width: 40px; height: 40px; border-width: 3px; }
@keyframes kp-turn { to { transform: rotate(1turn); } }
.kp-dialog.kp-center { display: grid; place-items: center; }
.kp-modal { position: relative; width: 320px; border-radius: 12px; background: #fff; font-size: 17px; text-align: center; overflow: hidden; }
.kp-modal strong { display: block; padding: 32px 24px 16px; font-weight: 500; }
.kp-modal-text { max-height: 300px; overflow: auto; padding: 0 24px 32px; color: rgba(0,0,0,.55); white-space: pre-wrap; overflow-wrap: anywhere; }
.kp-modal-text:first-child { padding-top: 32px; color: #000; }
.kp-modal input, .kp-sheet input:not([type='file']) { box-sizing: border-box; width: calc(100% - 48px); margin: 0 24px 24px; padding: 10px; border: 0; border-radius: 6px; background: #f2f2f2; }
.kp-modal-buttons { display: flex; border-top: .5px solid rgba(0,0,0,.15); }
.kp-modal-buttons button { flex: 1; height: 56px; border: 0; background: none; font-weight: 500; cursor: pointer; }
.kp-modal-buttons button + button { border-left: .5px solid rgba(0,0,0,.15); }
.kp-sheet { position: absolute; left: 0; right: 0; bottom: 0; max-height: 85%; overflow: auto; padding-bottom: 34px; border-radius: 12px 12px 0 0; background: #fff; animation: kp-rise .2s ease-out; }
@keyframes kp-rise { from { transform: translateY(100%); } }
.kp-sheet-title { padding: 18px; color: rgba(0,0,0,.5); font-size: 13px; text-align: center; }
.kp-item { display: block; box-sizing: border-box; width: 100%; padding: 16px; border: 0; border-bottom: .5px solid rgba(0,0,0,.1); background: none; font-size: 17px; line-height: 24px; text-align: center; cursor: pointer; }
.kp-item.kp-last { border-top: 8px solid #f2f2f2; border-bottom: 0; }
.kp-file { position: relative; }
.kp-file input { position: absolute; inset: 0; width: 100%; opacity: 0; cursor: pointer; }
.kp-picker-head { display: flex; justify-content: space-between; padding: 8px; }
.kp-picker-head button { padding: 8px 12px; border: 0; background: none; color: #888; font-size: 17px; cursor: pointer; }
.kp-picker-head .kp-confirm { color: #07c160; }
.kp-wheels { display: flex; padding: 0 8px 16px; }
.kp-wheels select { flex: 1; min-width: 0; height: 210px; border: 0; outline-offset: -2px; overflow: auto; text-align: center; scrollbar-width: none; background: none; }
.kp-wheels option { padding: 9px 0; font-size: 17px; }
.kp-ask-title { display: block; padding: 28px 24px 12px; font-size: 17px; font-weight: 600; }
.kp-ask-line { margin: 0; padding: 0 24px 10px; color: rgba(0,0,0,.55); font-size: 15px; }
.kp-ask-subject { display: flex; justify-content: space-between; margin: 14px 24px; padding: 16px 0; border: solid rgba(0,0,0,.1); border-width: .5px 0; font-size: 17px; }
.kp-ask-subject i { color: #07c160; font-style: normal; }
.kp-ask-buttons { display: flex; justify-content: center; gap: 16px; padding: 32px 24px 16px; }
.kp-ask-buttons button { width: 120px; height: 40px; border: 0; border-radius: 6px; background: #f2f2f2; color: #06ae56; font-size: 17px; font-weight: 500; cursor: pointer; }
.kp-ask-buttons .kp-allow { background: #07c160; color: #fff; }
.kp-reader { position: absolute; inset: 0; display: flex; flex-direction: column; background: #fff; }
.kp-reader-head { display: flex; align-items: center; padding-top: 44px; }
.kp-reader-text { flex: 1; overflow: auto; padding: 8px 24px 48px; user-select: text; }
.kp-nickname-bar { position: fixed; z-index: 20; left: 0; right: 0; bottom: 0; width: 100%; padding: 12px 16px calc(12px + var(--safe-area-bottom)); border: 0; border-top: .5px solid rgba(0,0,0,.15); background: #f7f7f7; color: #07c160; font-size: 15px; text-align: left; cursor: pointer; }
.kp-problems { position: absolute; left: 8px; right: 8px; bottom: 42px; max-height: 55%; overflow: auto; border-radius: 8px; background: #fff1f0; color: #7a1010; box-shadow: 0 2px 16px rgba(0,0,0,.25); font-size: 12px; line-height: 1.5; user-select: text; }
.kp-problems header { position: sticky; top: 0; display: flex; justify-content: space-between; align-items: center; padding: 6px 6px 6px 12px; background: #fa5151; color: #fff; font-weight: 600; }
.kp-problems header button { width: 28px; height: 24px; border: 0; background: none; color: inherit; cursor: pointer; font-size: 16px; }
.kp-problems article { padding: 8px 12px; border-top: .5px solid rgba(122,16,16,.2); overflow-wrap: anywhere; }
.kp-problems code { display: block; font-family: ui-monospace, Menlo, monospace; font-weight: 600; }
.kp-problems p { margin: 2px 0 0; white-space: pre-wrap; }
.kp-empty { position: absolute; inset: 0; display: grid; place-items: center; padding: 40px; color: rgba(0,0,0,.5); text-align: center; }
.kp-frame [hidden] { display: none !important; }

wx-page { display: block; box-sizing: border-box; min-height: 100%; }
wx-view, wx-form, wx-scroll-view, wx-navigator, wx-picker, wx-swiper, wx-swiper-item, wx-rich-text, wx-cover-view, wx-checkbox-group, wx-radio-group, wx-progress, wx-slider, wx-web-view { display: block; }
wx-text { display: inline; white-space: pre-line; }
wx-text[selectable] { user-select: text; }
wx-label, wx-checkbox, wx-radio, wx-switch, wx-icon { display: inline-block; }
wx-image, wx-cover-image { display: inline-block; width: 320px; height: 240px; overflow: hidden; }
wx-image img, wx-cover-image img { display: block; width: 100%; height: 100%; object-fit: fill; }
wx-image[mode='aspectFill'] img { object-fit: cover; }
wx-image[mode='aspectFit'] img { object-fit: contain; }
wx-image[mode='center'] img { object-fit: none; }
wx-button { position: relative; display: block; box-sizing: border-box; width: 184px; margin: 0 auto; padding: 8px 24px; border-radius: 4px; background: #f2f2f2; color: #06ae56; font-size: 17px; font-weight: 700; line-height: 24px; text-align: center; cursor: pointer; overflow: hidden; }
wx-button[type='primary'] { background: #07c160; color: #fff; }
wx-button[type='warn'] { background: #f2f2f2; color: #fa5151; }
wx-button[plain] { background: transparent; border: 1px solid currentcolor; color: #353535; }
wx-button[plain][type='primary'] { color: #07c160; }
wx-button[size='mini'] { display: inline-block; width: auto; min-width: 62px; padding: 0 12px; font-size: 16px; line-height: 32px; vertical-align: middle; }
wx-button[disabled] { opacity: .45; cursor: default; }
wx-button .kp-spinner { width: 18px; height: 18px; margin-right: 6px; vertical-align: -3px; }
.button-hover:not([disabled]) { filter: brightness(.9); }
.navigator-hover { background: rgba(0,0,0,.1); opacity: .7; }
wx-navigator { cursor: pointer; }
wx-input { display: block; height: 1.4em; overflow: hidden; }
wx-input input { display: block; box-sizing: border-box; width: 100%; height: 100%; min-height: 1.4em; padding: 0; border: 0; outline: 0; background: none; color: inherit; text-align: inherit; user-select: text; }
wx-textarea { display: block; width: 300px; height: 150px; }
wx-textarea textarea { box-sizing: border-box; width: 100%; height: 100%; padding: 0; border: 0; outline: 0; resize: none; background: none; color: inherit; user-select: text; }
wx-input input::placeholder, wx-textarea textarea::placeholder { color: rgba(128,128,128,.85); }
wx-switch { cursor: pointer; vertical-align: middle; line-height: 0; }
.kp-switch { position: relative; display: inline-block; width: 52px; height: 32px; border-radius: 16px; background: #dfdfdf; transition: background .1s; }
.kp-switch::after { content: ''; position: absolute; top: 2px; left: 2px; width: 28px; height: 28px; border-radius: 50%; background: #fff; box-shadow: 0 1px 3px rgba(0,0,0,.4); transition: transform .2s; }
wx-switch[aria-checked='true'] .kp-switch::after { transform: translateX(20px); }
wx-switch[disabled] { opacity: .5; }
.kp-check { display: inline-grid; place-items: center; width: 23px; height: 23px; margin-right: 5px; border: 1px solid #d1d1d1; border-radius: 3px; background: #fff; color: #09bb07; font: 700 16px/1 sans-serif; vertical-align: middle; }
.kp-check.kp-round { border-radius: 50%; }
[aria-checked='true'] > .kp-check::after { content: '✓'; }
[aria-checked='true'] > .kp-check.kp-round { border-color: #09bb07; background: #09bb07; color: #fff; }
wx-slider { display: flex; align-items: center; gap: 8px; margin: 10px 18px; }
wx-slider input { flex: 1; }
wx-progress { display: flex; align-items: center; gap: 8px; }
.kp-progress { flex: 1; height: 6px; background: #ebebeb; }
.kp-progress-bar { display: block; height: 100%; }
wx-icon { border-radius: 50%; color: #fff; font-style: normal; text-align: center; }
wx-scroll-view { overflow: hidden; }
wx-scroll-view[scroll-y] { overflow-y: auto; }
wx-scroll-view[scroll-x] { overflow-x: auto; white-space: nowrap; }
wx-swiper { position: relative; display: flex; height: 150px; overflow: auto hidden; scroll-snap-type: x mandatory; scrollbar-width: none; }
wx-swiper[vertical] { flex-direction: column; overflow: hidden auto; scroll-snap-type: y mandatory; }
wx-swiper-item { flex: none; width: 100%; height: 100%; scroll-snap-align: start; }
.kp-dots { position: sticky; left: 50%; right: 50%; bottom: 10px; align-self: end; display: flex; gap: 6px; width: 0; }
.kp-dots b { width: 8px; height: 8px; flex: none; border-radius: 50%; background: rgba(0,0,0,.3); }
.kp-dots .kp-on { background: #000; }
.kp-frame :focus-visible, .kp-screen button:focus-visible { outline: 2px solid #576b95; outline-offset: 2px; }
wx-input input:focus-visible, wx-textarea textarea:focus-visible { outline: 0; }
`
