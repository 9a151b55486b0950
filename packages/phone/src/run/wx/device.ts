import type { Files } from '../files.ts'
import { fromBase64, toBase64 } from '../files.ts'
import type { PageStack } from '../page-stack.ts'
import type { Privacy } from '../privacy.ts'
import { device } from '../screen/screen.ts'
import type { Dialogs } from '../screen/dialogs.ts'
import type { Wechat } from '../wechat.ts'
import { describeFailure, WxFailure, type MakeApi, type Wx } from './api.ts'

export interface Surroundings {
  readonly wechat: Wechat
  readonly stack: PageStack
  readonly files: Files
  readonly privacy: Privacy
  readonly dialogs: Dialogs
  readonly model: string
  readonly hasTabBar: (route: string) => boolean
  readonly launch: () => WechatMiniprogram.LaunchOptionsApp
  readonly enter: () => WechatMiniprogram.LaunchOptionsApp
  /** What `canIUse` looks in. */
  readonly offers: (schema: string) => boolean
  readonly clipboard: { text: string }
}

/** The base library whose ways these are. */
const sdkVersion = '3.8.10'

export function describeDevice(about: Surroundings, makeApi: MakeApi) {
  const { wechat, stack, files, privacy, dialogs } = about
  const windowInfo = () => {
    const route = stack.top()?.route ?? ''
    const { width, height, statusBar, navigationBar, tabBar, safeBottom } = device
    const bars = statusBar + navigationBar
    return {
      pixelRatio: 3,
      screenWidth: width,
      screenHeight: height,
      windowWidth: width,
      windowHeight: height - bars - (about.hasTabBar(route) ? tabBar + safeBottom : 0),
      statusBarHeight: statusBar,
      screenTop: bars,
      safeArea: {
        top: statusBar,
        bottom: height - safeBottom,
        left: 0,
        right: width,
        width,
        height: height - statusBar - safeBottom,
      },
    }
  }
  const deviceInfo = () => ({
    abi: 'arm64',
    benchmarkLevel: 50,
    brand: 'iPhone',
    cpuType: 'unknown',
    deviceAbi: 'arm64',
    memorySize: '4096',
    model: about.model,
    platform: 'devtools' as const,
    system: 'iOS 17.5',
  })
  const baseInfo = () => ({
    PCKernelVersion: '',
    SDKVersion: sdkVersion,
    enableDebug: false,
    fontSizeScaleFactor: 1,
    fontSizeSetting: 16,
    host: { appId: '', env: 'WeChat', appid: '', version: '0' } as never,
    language: 'zh_CN',
    theme: 'light' as const,
    version: '8.0.50',
  })
  const systemInfo = () =>
    ({
      ...windowInfo(),
      ...deviceInfo(),
      ...baseInfo(),
    }) as unknown as WechatMiniprogram.SystemInfo

  return {
    getWindowInfo: windowInfo,
    getDeviceInfo: deviceInfo,
    getAppBaseInfo: baseInfo,
    getSystemInfoSync: systemInfo,
    getSystemInfo: makeApi('getSystemInfo', systemInfo),
    getSystemInfoAsync: makeApi('getSystemInfoAsync', systemInfo),
    getMenuButtonBoundingClientRect: () => ({ ...device.capsule }),
    getAccountInfoSync: () => ({
      miniProgram: { appId: wechat.appid, envVersion: 'develop' as const, version: '' },
      plugin: { appId: '', version: '' },
    }),
    getLaunchOptionsSync: about.launch,
    getEnterOptionsSync: about.enter,
    canIUse: about.offers,
    nextTick: (run: () => void) => queueMicrotask(run),
    arrayBufferToBase64: toBase64,
    base64ToArrayBuffer: fromBase64,
    getUpdateManager: () => {
      const nothing = () => {}
      return {
        applyUpdate: nothing,
        onCheckForUpdate: nothing,
        onUpdateReady: nothing,
        onUpdateFailed: nothing,
      }
    },
    vibrateShort: makeApi('vibrateShort', () => ({})),
    setKeepScreenOn: makeApi('setKeepScreenOn', () => ({})),
    getSetting: makeApi('getSetting', () => ({
      authSetting: {},
      subscriptionsSetting: { mainSwitch: true, itemSettings: {} },
      miniprogramAuthSetting: {},
    })),
    setClipboardData: makeApi('setClipboardData', async ({ data }) => {
      await privacy.require('setClipboardData')
      about.clipboard.text = data
      dialogs.showToast({ title: '内容已复制', icon: 'success', durationMs: 1500, mask: false })
      return {}
    }),
    getClipboardData: makeApi('getClipboardData', async () => {
      await privacy.require('getClipboardData')
      return { data: about.clipboard.text }
    }),
    chooseMedia: makeApi('chooseMedia', async () => {
      await privacy.require('chooseMedia')
      const picture = await dialogs.takePicture()
      if (!picture) throw new WxFailure('cancel')
      const tempFilePath = files.add(await picture.arrayBuffer(), picture.type)
      const file = {
        tempFilePath,
        size: picture.size,
        fileType: 'image' as const,
        duration: 0,
        width: 0,
        height: 0,
        thumbTempFilePath: '',
      }
      return { type: 'image', tempFiles: [file] }
    }),
    chooseImage: makeApi('chooseImage', async () => {
      await privacy.require('chooseImage')
      const picture = await dialogs.takePicture()
      if (!picture) throw new WxFailure('cancel')
      const path = files.add(await picture.arrayBuffer(), picture.type)
      return { tempFilePaths: [path], tempFiles: [{ path, size: picture.size }] }
    }),
    /** Of a mini-program code of this program, `path` is where it leads; of any other, its text. */
    scanCode: makeApi('scanCode', async () => {
      const scanned = await dialogs.scan()
      if (!scanned) throw new WxFailure('cancel')
      const kind = { charSet: 'utf-8', rawData: '' }
      if ('text' in scanned)
        return { ...kind, result: scanned.text, scanType: 'QR_CODE' as const, path: '' }
      const image = toBase64(await scanned.picture.arrayBuffer())
      const { page, scene } = await wechat.scan(image)
      const path = `${page}?scene=${encodeURIComponent(scene)}`
      return { ...kind, result: path, scanType: 'WX_CODE' as const, path }
    }),
    getFileSystemManager: () =>
      describeFiles(files) as unknown as WechatMiniprogram.FileSystemManager,
  } satisfies Partial<Wx>
}

/** https://developers.weixin.qq.com/miniprogram/dev/api/file/FileSystemManager.html */
function describeFiles(files: Files) {
  const read = (path: string, encoding: string | undefined) => {
    const content = files.read(path)
    if (encoding === undefined) return content
    return encoding === 'base64' ? toBase64(content) : new TextDecoder().decode(content)
  }
  type Callbacks = {
    success?: ((result: never) => void) | undefined
    fail?: ((error: never) => void) | undefined
    complete?: ((result: never) => void) | undefined
  }
  const answer = (name: string, { success, fail, complete }: Callbacks, work: () => object) => {
    queueMicrotask(() => {
      try {
        const result = { errMsg: `${name}:ok`, ...work() }
        success?.(result as never)
        complete?.(result as never)
      } catch (error) {
        const failure = describeFailure(name, error)
        fail?.(failure as never)
        complete?.(failure as never)
      }
    })
  }
  return {
    readFileSync: read,
    readFile: (option: WechatMiniprogram.ReadFileOption) =>
      answer('readFile', option, () => ({ data: read(option.filePath, option.encoding) })),
    access: (option: WechatMiniprogram.AccessOption) =>
      answer('access', option, () => {
        files.read(option.path)
        return {}
      }),
    unlink: (option: WechatMiniprogram.UnlinkOption) =>
      answer('unlink', option, () => {
        files.remove(option.filePath)
        return {}
      }),
    getFileInfo: (option: WechatMiniprogram.GetFileInfoOption) =>
      answer('getFileInfo', option, () => ({ size: files.read(option.filePath).byteLength })),
  } satisfies Partial<WechatMiniprogram.FileSystemManager>
}
