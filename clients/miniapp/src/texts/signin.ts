import { area } from './area'

export default area({
  'zh-CN': { title: '登录' },
  'zh-TW': { title: '登入' },
  en: { title: 'Sign in' },
})
