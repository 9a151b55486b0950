/** Vectors of WeChat's own pages (签名, 开放数据校验与解密), and one that was made here. */
export const vectors = {
  rawDataSignature: {
    rawData:
      '{"nickName":"Band","gender":1,"language":"zh_CN","city":"Guangzhou","province":"Guangdong","country":"CN","avatarUrl":"http://wx.qlogo.cn/mmopen/vi_32/1vZvI39NWFQ9XM4LtQpFrQJ1xlgZxx3w7bQxKARol6503Iuswjjn6nIGBiaycAjAtpujxyzYsrztuuICqIM5ibXQ/0"}',
    session_key: 'HyVFkGl5F5OQWJZZaNzBBg==',
    signature: '75e81ceda165f4ffa64f4068af58c64b8f54b88c',
  },
  encryptedData: {
    appid: 'wx4f4bc4dec97d474b',
    session_key: 'tiihtNczf5v6AKRyjwEUhQ==',
    iv: 'r7BXXKkLb8qrSNn05n0qiA==',
    encryptedData:
      'CiyLU1Aw2KjvrjMdj8YKliAjtP4gsMZMQmRzooG2xrDcvSnxIMXFufNstNGTyaGS9uT5geRa0W4oTOb1WT7fJlAC+oNPdbB+3hVbJSRgv+4lGOETKUQz6OYStslQ142dNCuabNPGBzlooOmB231qMM85d2/fV6ChevvXvQP8Hkue1poOFtnEtpyxVLW1zAo6/1Xx1COxFvrc2d7UL/lmHInNlxuacJXwu0fjpXfz/YqYzBIBzD6WUfTIF9GRHpOn/Hz7saL8xz+W//FRAUid1OksQaQx4CMs8LOddcQhULW4ucetDf96JcR3g0gfRK4PC7E/r7Z6xNrXd2UIeorGj5Ef7b1pJAYB6Y5anaHqZ9J6nKEBvB4DnNLIVWSgARns/8wR2SiRS7MNACwTyrGvt9ts8p12PKFdlqYTopNHR1Vf7XjfhQlVsAJdNiKdYmYVoKlaRv85IfVunYzO0IKXsyl7JCUjCpoG20f0a04COwfneQAGGwd5oa+T8yO5hzuyDb/XcxxmK01EpqOyuxINew==',
    openId: 'oGZUI0egBJY1zhBYw2KhdUfwVJJE',
    timestamp: 1477314187,
  },
  loginState: {
    session_key: 'o0q0otL8aEzpcZL/FT9WsQ==',
    body: '{"foo":"bar"}',
    signature: '654571f79995b2ce1e149e53c0a33dc39c0a74090db514261454e8dbe432aa0b',
    signatureOfNothing: '46e043c5525c2d817c44be603d30837a808a1d930d038f6fdc3e62a201fed128',
  },
  phone: {
    appid: 'wx4f4bc4dec97d474b',
    number: '13580006666',
    timestamp: 1700000000,
    session_key: 'AAECAwQFBgcICQoLDA0ODw==',
    iv: 'Dw4NDAsKCQgHBgUEAwIBAA==',
    encryptedData:
      'Q6/Q1tScx2Ea7KJXmW1QdZqu62XkVwxUQMaF8y64k2yxVZ97R4EWTVdIECCXnWqs70JNlJimIZFmpTMFN8Zy9TX06WC7V36KUAMInBucy7jAF9tIFDrERGMiIICd1f/U1TCnL8I6TWslQCE4ovd67lFRoCUGH8NoCaOtyV9nXI+CTl81vrJE0PaUII8QXbtpIye34yPqTfVr7Fq8TeO5aQ==',
    sha256OfText: 'cce82beb6ddf98f6e2f95bae0cd7d95a7d567a00f9a0f1a6a718d5289bbe812d',
    sha256OfBytes: 'bf287634a03138c8f30ed629fd6b6fdc836b06d3aec065d0d8322a58d278807e',
  },
} as const
