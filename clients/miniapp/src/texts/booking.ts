import { area } from './area'

export default area({
  'zh-CN': { title: '预约挂号' },
  'zh-TW': { title: '預約掛號' },
  en: { title: 'Book a visit' },
})
