import { area } from './area'

export default area({
  'zh-CN': {
    title: '消息',
    empty: '还没有消息',
    emptyHint: '预约、叫号和医院的回复，都会出现在这里。',
    new: '新',
    unread: '{n} 条未读',
    allRead: '都看过了',
    see: '点开查看',
    unknown: '这条消息指向的页面，这个版本还打不开。请更新后再试。',
    end: '没有更早的消息了',
  },
  'zh-TW': {
    title: '訊息',
    empty: '還沒有訊息',
    emptyHint: '預約、叫號和醫院的回覆，都會出現在這裡。',
    new: '新',
    unread: '{n} 則未讀',
    allRead: '都看過了',
    see: '點開查看',
    unknown: '這則訊息指向的頁面，這個版本還打不開。請更新後再試。',
    end: '沒有更早的訊息了',
  },
  en: {
    title: 'Messages',
    empty: 'No messages yet',
    emptyHint: 'Bookings, calls and answers of the hospital appear here.',
    new: 'New',
    unread: '{n} unread',
    allRead: 'All read',
    see: 'Open',
    unknown: 'This version of the app cannot show that page yet. Please update and try again.',
    end: 'No earlier messages',
  },
})
