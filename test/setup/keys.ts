/** Public keys as ssh-keygen wrote them, each with the MD5 that it shows of it (ssh-keygen -l -E md5). Nobody has their private halves. */
export const SSH_KEYS: readonly { readonly type: string; readonly line: string; readonly md5: string }[] = [
  {
    type: 'ssh-rsa',
    line: `ssh-rsa ${[
      'AAAAB3NzaC1yc2EAAAADAQABAAABAQDD3n/BiiRMHc44TCVnNzf/O0qMtprC45gzAZEr57hX9Q/eUKY8R8H+UIn2ZM',
      'QS+FrroxyJBs7T1+fKI+KDnB9l5q3fZu1F6wdoOvsaJNhJI7drAVN8ap9IU82QNwqn04uGVlztOeqgEsr2fkFlaIB1',
      'yklQ/2jsy3Q+X+HUGhH/g1Q9YGX031nWQeazFsaI2CNyTWu4p2D9tXpWRF3JJ6wDkABqbLEXxFxPtwAvmnAPAblC5Q',
      'HP5bYxMeg66wSiXeogGPZTIFF4wW8Lfhk6RYm1foTx1TWRRlq5qLqeKe1o/OP+Wddqk9/E8Js4aaQDnmQaMqHKilwA',
      'XzBYEmMImCif',
    ].join('')} me@here\n`,
    md5: 'cb:7c:a7:dc:a8:64:8a:75:c0:ec:19:89:f6:49:2a:35',
  },
  {
    type: 'ecdsa-sha2-nistp256',
    line: `ecdsa-sha2-nistp256 ${[
      'AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHLf7YAIPnuG5dXVzlF3QeUwpXxYeeXpRiBVAL',
      'B0M2fq1S/buMS0QIdo+puqjaFwIlnhwrVGrlIl/wMdN1BQM7w=',
    ].join('')} me@here\n`,
    md5: '23:a7:f2:32:fc:9c:32:fa:ad:c2:d7:71:11:bc:65:87',
  },
  {
    type: 'ecdsa-sha2-nistp521',
    line: `ecdsa-sha2-nistp521 ${[
      'AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAF221cbhPLpmG7xjrPcjOlQL6L8jWdEbtxiA2',
      '190zLeUu7BvEqvkTSWj2RbpOFl2aeyHfUxbq8YIgrSRAsfDN5OQAFjM6JxD6pPaou80RhDkulCo26FLdymeDQTXH1Z',
      'YlI6yOkJbL0XNemCGXWrojM4rfa/3XNp/fs+CVsB2CiODY8QeA==',
    ].join('')} me@here\n`,
    md5: '81:cb:12:35:61:2a:d6:1a:a2:16:8e:51:ca:fe:a9:ad',
  },
  {
    type: 'ssh-ed25519',
    line: `ssh-ed25519 ${['AAAAC3NzaC1lZDI1NTE5AAAAIJcz4w3nfOsC4GedcTVUmiUTqBFwiyr4XK2J9IPAHu8o'].join('')} me@here\n`,
    md5: 'c7:48:4f:fd:e7:83:3a:3e:7a:ee:43:04:4d:4d:20:03',
  },
];

/** A certificate as OpenSSL wrote it, with the SHA-1 that it shows of it. */
export const CERTIFICATE = {
  pem: [
    '-----BEGIN CERTIFICATE-----',
    'MIIBcTCCARegAwIBAgIUTInRqZjwHhDrFJCDWx/sLe+cn10wCgYIKoZIzj0EAwIw',
    'DTELMAkGA1UEAwwCbWUwIBcNMjYxMTI0MTg1MDQyWhgPMjEyNjEwMzExODUwNDJa',
    'MA0xCzAJBgNVBAMMAm1lMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIB9i5CpT',
    'hgBLZKKK4E+xKja8lpiz3+YHT/2aVHfxQaS/pN2IuhZbmUN7peOeh35IIwZqKfct',
    'X/QEPK2taACGbKNTMFEwHQYDVR0OBBYEFA6XDcUh1oQKlLh4g3SR5S3FM6bKMB8G',
    'A1UdIwQYMBaAFA6XDcUh1oQKlLh4g3SR5S3FM6bKMA8GA1UdEwEB/wQFMAMBAf8w',
    'CgYIKoZIzj0EAwIDSAAwRQIgQwk0clNNCOzM1Oj2DLLFbtlG5W7lLziYVcj6BUJA',
    'VAsCIQDRXuwE9LSTW4GlTBRi+tl+yM8jfkSBHRY5Pv0jOoDBBw==',
    '-----END CERTIFICATE-----',
    '',
  ].join('\n'),
  sha1: 'af:e4:3b:1b:3c:c4:ed:5f:7d:89:f7:a6:94:65:06:22:b6:8e:df:fd',
};
