import { area } from './area'

export default area({
  'zh-CN': {
    title: '登录',
    lead: '以模拟用户登录',
    plain: '这是演示。在微信小程序里会自动登录，不需要这一步。',
    fresh: '新建一位模拟用户',
    existing: '或选一位已有的',
    last: '上次使用',
    weixin: '请在微信小程序中打开',
    weixinHint: '在微信里搜索医院名称，或扫描医院的小程序码。',
    done: '已登录',
  },
  'zh-TW': {
    title: '登入',
    lead: '以模擬使用者登入',
    plain: '這是示範。在微信小程式裡會自動登入，不需要這一步。',
    fresh: '新增一位模擬使用者',
    existing: '或選一位已有的',
    last: '上次使用',
    weixin: '請在微信小程式中開啟',
    weixinHint: '在微信裡搜尋醫院名稱，或掃描醫院的小程式碼。',
    done: '已登入',
  },
  en: {
    title: 'Sign in',
    lead: 'Sign in as a simulated person',
    plain: 'This is a demonstration. In WeChat you are signed in automatically.',
    fresh: 'Create a new person',
    existing: 'Or choose one',
    last: 'Last used',
    weixin: 'Please open this in WeChat',
    weixinHint: 'Search for the hospital in WeChat, or scan its mini-program code.',
    done: 'Signed in',
  },
})
