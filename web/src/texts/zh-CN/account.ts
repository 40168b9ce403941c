import type { Texts } from '..'

export const account: Texts['account'] = {
  sessionsTitle: '登录位置',
  browser: '浏览器',
  unknownBrowser: '未知',
  address: '地址',
  began: '登录时间',
  lastSeen: '最近活动',
  thisSession: '当前浏览器',
  end: '退出',
  endOthers: '退出其他所有位置',
  passwordTitle: '密码',
  currentPassword: '当前密码',
  otherSessionsEnd: '其他会话将随旧密码一起结束。',
  changePassword: '更改密码',
  passwordChanged: '密码已更改，其他会话均已结束。',
}
