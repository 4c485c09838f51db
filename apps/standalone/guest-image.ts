/**
 * A bootable disk made from source: a few sectors of 80386 machine code. It says on the first serial port who it is,
 * which server it is and which disks and cards it has, and then sleeps until its power button is pressed or a device is
 * plugged or unplugged. So a real boot needs no download, and the console proves that the guest ran and what it sees.
 */
const SECTOR = 512;
/** Sectors of code after the boot sector. */
const MORE_SECTORS = 1;
/** 64 KiB: a few sectors are code, and no BIOS minds a disk of that size. */
const IMAGE_BYTES = 64 * 1024;
/** Where the BIOS loads a boot sector. */
const ORIGIN = 0x7c00;
const COM1 = 0x3f8;
/** QEMU's fw_cfg: a selector port, a data port, and the key of the machine's UUID. */
const FW_CFG = { selector: 0x510, data: 0x511, uuid: 0x0002 };
/** The power management base that SeaBIOS gives the PIIX4: status at +0, enable at +2, control at +4. */
const ACPI_PM = 0x600;
const SLEEP_S5 = 0x2000;
/** ACPI PCI hot plug of `pc` (docs/specs/acpi_pci_hotplug.rst): slots plugged, slots to be let go of, eject, bus. */
const HOT_PLUG = { up: 0xae00, down: 0xae04, eject: 0xae08, bus: 0xae10 };
const PCI = { address: 0xcf8, data: 0xcfc };
/** Where this guest puts the registers of a virtio device: 128 ports for each slot. The device's own are at +0x14. */
const VIRTIO_PORTS = 0x9000;
/** Vendor 1af4 with the device numbers of a transitional virtio disk and network card. */
const VIRTIO_DISK = 0x10011af4;
const VIRTIO_CARD = 0x10001af4;

export const IMAGE_NAME = 'novaflow-tiny';
export const GUEST_UP = 'novaflow: guest up';

/** For tests: what a guest does besides, or fails to do. */
interface Ways {
  /** Says a number that grows, about once a second. */
  readonly counts?: boolean;
  /** It goes down for no power button, and lets go of no device. */
  readonly deaf?: boolean;
  /** It never sleeps: all of a processor that it can have is used. */
  readonly works?: boolean;
}

/** Bytes with labels: jumps and addresses are filled in when all labels are known. */
class Assembler {
  private readonly bytes: number[] = [];
  private readonly labels = new Map<string, number>();
  private readonly fixups: { at: number; label: string; kind: 'rel8' | 'rel16' | 'abs16' }[] = [];

  emit(...bytes: number[]): this {
    this.bytes.push(...bytes);
    return this;
  }
  label(name: string): this {
    this.labels.set(name, this.bytes.length);
    return this;
  }
  /** An opcode with a jump of one byte. */
  short(opcode: number, label: string): this {
    this.emit(opcode).fixups.push({ at: this.bytes.length, label, kind: 'rel8' });
    return this.emit(0);
  }
  call(label: string): this {
    this.emit(0xe8).fixups.push({ at: this.bytes.length, label, kind: 'rel16' });
    return this.emit(0, 0);
  }
  /** An opcode with the address of the label. */
  absolute(opcode: number[], label: string): this {
    this.emit(...opcode).fixups.push({ at: this.bytes.length, label, kind: 'abs16' });
    return this.emit(0, 0);
  }
  /** mov si, address of the label */
  movSi(label: string): this {
    return this.absolute([0xbe], label);
  }
  movDx(value: number): this {
    return this.emit(0xba, value & 0xff, value >> 8);
  }
  movAx(value: number): this {
    return this.emit(0xb8, value & 0xff, value >> 8);
  }
  /** mov dx, port; mov al, value; out dx, al */
  out(port: number, value: number): this {
    return this.movDx(port).emit(0xb0, value, 0xee);
  }
  /** Fills the boot sector and signs it. */
  sign(): this {
    if (this.bytes.length > SECTOR - 2) throw new Error(`The boot sector has ${this.bytes.length} bytes.`);
    return this.emit(...Buffer.alloc(SECTOR - 2 - this.bytes.length), 0x55, 0xaa);
  }
  text(value: string): this {
    return this.emit(...Buffer.from(value, 'latin1'), 0);
  }
  assemble(): Buffer {
    const out = Buffer.from(this.bytes);
    for (const { at, label, kind } of this.fixups) {
      const target = this.labels.get(label);
      if (target === undefined) throw new Error(`No label ${label}.`);
      if (kind === 'rel8') out.writeInt8(target - at - 1, at);
      else if (kind === 'rel16') out.writeInt16LE(target - at - 2, at);
      else out.writeUInt16LE(ORIGIN + target, at);
    }
    return out;
  }
}

const JZ = 0x74;
const JNZ = 0x75;
const JMP = 0xeb;
const LOOP = 0xe2;

function program({ counts = false, deaf = false, works = false }: Ways): Buffer {
  const code = new Assembler();
  begin(code);
  sleep(code, { counts, deaf, works });
  print(code);
  code.label('hello').text(`\r\n${IMAGE_NAME}\r\n${GUEST_UP}\r\nserver `);
  code.label('newline').text('\r\n');
  code.label('bye').text(`${IMAGE_NAME}: power button, going down\r\n`);
  code.sign();
  devices(code);
  code.label('changed').text(`${IMAGE_NAME}: devices changed\r\n`);
  code.label('disk').text('disk ');
  code.label('card').text('card ');
  code.label('tick').text('tick ');
  code.label('counter').emit(0, 0);
  return code.assemble();
}

/** Sets the machine up, loads the rest of the code and says who the guest is. */
function begin(code: Assembler): void {
  // cli; cld; ds = es = ss = 0; sp below the code
  code.emit(0xfa, 0xfc, 0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0, 0xbc, ORIGIN & 0xff, ORIGIN >> 8);
  // The BIOS reads the further sectors behind this one: bx the address, cx cylinder 0 and sector 2, dh head 0.
  const behind = ORIGIN + SECTOR;
  code.movAx(0x0200 + MORE_SECTORS).emit(0xbb, behind & 0xff, behind >> 8, 0xb9, 2, 0, 0xb6, 0, 0xcd, 0x13);
  // COM1: no interrupts, 115200 baud, 8 bits, no parity, one stop bit
  code
    .out(COM1 + 1, 0)
    .out(COM1 + 3, 0x80)
    .out(COM1, 1)
    .out(COM1 + 1, 0)
    .out(COM1 + 3, 3);
  code.movSi('hello').call('print');
  // The machine's UUID is the server's id: 16 bytes from fw_cfg, with dashes after bytes 4, 6, 8 and 10 (cl counts down).
  code.movDx(FW_CFG.selector).movAx(FW_CFG.uuid).emit(0xef, 0xb9, 16, 0);
  code.label('byte').movDx(FW_CFG.data).emit(0xec).call('hex').emit(0x49);
  for (const left of [12, 10, 8, 6]) code.emit(0x83, 0xf9, left).short(JZ, 'dash');
  code.label('next').emit(0x85, 0xc9).short(JNZ, 'byte').short(JMP, 'idle');
  code.label('dash').emit(0xb0, '-'.charCodeAt(0)).call('putc').short(JMP, 'next');
}

/** Sleeps from tick to tick of the clock, and looks each time whether something has happened. */
function sleep(code: Assembler, { counts, deaf, works }: Required<Ways>): void {
  code.label('idle').movSi('newline').call('print').call('devices');
  // Enable the power button's event (bit 8); hot plug of bus 0.
  code
    .movDx(ACPI_PM + 2)
    .movAx(0x0100)
    .emit(0xef);
  code.movDx(HOT_PLUG.bus).emit(0x66, 0x31, 0xc0, 0x66, 0xef);
  // sti; hlt. Or cx = 65535 and loop: less than a tick, and more than it takes to look.
  if (works) code.label('sleep').emit(0xfb, 0xb9, 0xff, 0xff).label('work').short(LOOP, 'work');
  else code.label('sleep').emit(0xfb, 0xf4);
  if (counts) code.call('count');
  // in eax, dx; test eax, eax: the slots in which a device is new
  code.movDx(HOT_PLUG.up).emit(0x66, 0xed, 0x66, 0x85, 0xc0).short(JNZ, 'change');
  if (!deaf) {
    code.movDx(HOT_PLUG.down).emit(0x66, 0xed, 0x66, 0x85, 0xc0).short(JNZ, 'eject');
    code.movDx(ACPI_PM).emit(0xed, 0xf6, 0xc4, 0x01).short(JNZ, 'off');
  }
  code.short(JMP, 'sleep');
  code.label('eject').movDx(HOT_PLUG.eject).emit(0x66, 0xef);
  code.label('change').movSi('changed').call('print').call('devices').short(JMP, 'sleep');
  // Say it, then enter S5.
  code
    .label('off')
    .movSi('bye')
    .call('print')
    .movDx(ACPI_PM + 4)
    .movAx(SLEEP_S5)
    .emit(0xef);
  code.label('halt').emit(0xfa, 0xf4).short(JMP, 'halt');
}

/** What the rest writes with: strings, bytes and characters. */
function print(code: Assembler): void {
  // print: the zero-terminated string at si
  code.label('print').emit(0xac, 0x84, 0xc0).short(JZ, 'printed').call('putc').short(JMP, 'print');
  code.label('printed').emit(0xc3);
  // hex: al as two digits. push ax; al >>= 4; digit; pop ax; al &= 15; fall into digit
  code.label('hex').emit(0x50, 0xd0, 0xe8, 0xd0, 0xe8, 0xd0, 0xe8, 0xd0, 0xe8).call('digit').emit(0x58, 0x24, 0x0f);
  // digit: al += '0', and the gap to 'a' above 9
  code.label('digit').emit(0x04, 0x30, 0x3c, 0x3a).short(0x72, 'putc').emit(0x04, 0x27);
  // putc: wait for an empty transmitter, then send al. push ax; in al, LSR; test al, 0x20
  code
    .label('putc')
    .emit(0x50)
    .movDx(COM1 + 5)
    .label('busy')
    .emit(0xec, 0xa8, 0x20)
    .short(JZ, 'busy');
  code.emit(0x58).movDx(COM1).emit(0xee, 0xc3);
}

/** Lists the disks (`disk <slot> <sectors>`) and cards (`card <slot> <mac>`), all in hex; bx is the slot. */
function devices(code: Assembler): void {
  code.label('devices').emit(0xbb, 2, 0);
  // cl = 0 (register of vendor and device); in eax, dx; cmp eax, …
  code.label('slot').emit(0xb1, 0).call('pci').emit(0x66, 0xed);
  for (const [id, label] of [
    [VIRTIO_DISK, 'a disk'],
    [VIRTIO_CARD, 'a card'],
  ] as const)
    code.emit(0x66, 0x3d, id & 0xff, (id >> 8) & 0xff, (id >> 16) & 0xff, id >>> 24).short(JZ, label);
  // inc bx; cmp bx, 32
  code.label('next slot').emit(0x43, 0x83, 0xfb, 32).short(JNZ, 'slot').emit(0xc3);
  // A disk's capacity in sectors: its lower four bytes, the highest first. di = dx + 3; cx = 4; then loop
  code.label('a disk').movSi('disk').call('head').emit(0x89, 0xd7, 0x83, 0xc7, 3, 0xb9, 4, 0);
  code.label('capacity').emit(0x89, 0xfa, 0xec).call('hex').emit(0x4f).short(LOOP, 'capacity').short(JMP, 'end');
  // A card's six bytes. di = dx; cx = 6
  code.label('a card').movSi('card').call('head').emit(0x89, 0xd7, 0xb9, 6, 0);
  code.label('mac').emit(0x89, 0xfa, 0xec).call('hex').emit(0x47).short(LOOP, 'mac');
  code.label('end').movSi('newline').call('print').short(JMP, 'next slot');
  // head: the string at si, the slot (al = bl), a blank; then fall into ports
  code.label('head').call('print').emit(0x88, 0xd8).call('hex').emit(0xb0, 0x20).call('putc');
  // ports: gives the device its ports (eax = slot << 7 | base, into register 0x10), opens them (bit 0 of register 4)
  code.emit(0x66, 0x0f, 0xb7, 0xc3, 0x66, 0xc1, 0xe0, 7, 0x80, 0xcc, VIRTIO_PORTS >> 8, 0x66, 0x50);
  code.emit(0xb1, 0x10).call('pci').emit(0x66, 0x58, 0x66, 0xef);
  code.emit(0xb1, 4).call('pci').emit(0x66, 0xed, 0x0c, 1, 0x66, 0xef);
  // dx = the first of its own: (slot << 7) + base + 0x14
  code.emit(0x89, 0xda, 0xc1, 0xe2, 7, 0x81, 0xc2, 0x14, VIRTIO_PORTS >> 8, 0xc3);
  // pci: selects register cl of the device in slot bx; dx = the port of its data
  code.label('pci').emit(0x66, 0x0f, 0xb7, 0xc3, 0x66, 0xc1, 0xe0, 11, 0x88, 0xc8, 0x66, 0x0d, 0, 0, 0, 0x80);
  code.movDx(PCI.address).emit(0x66, 0xef).movDx(PCI.data).emit(0xc3);
  // count: every 16th tick, say how many there were. inc [counter]; mov ax, [counter]; test al, 15
  code
    .label('count')
    .absolute([0xff, 0x06], 'counter')
    .absolute([0xa1], 'counter')
    .emit(0xa8, 15)
    .short(JNZ, 'counted');
  code.emit(0x50).movSi('tick').call('print').emit(0x58, 0x50, 0x88, 0xe0).call('hex').emit(0x58).call('hex');
  code.movSi('newline').call('print').label('counted').emit(0xc3);
}

/** The image as a raw disk. */
export function guestImage(ways: Ways = {}): Buffer {
  const code = program(ways);
  const fits = (1 + MORE_SECTORS) * SECTOR;
  if (code.length > fits) throw new Error(`The guest's code is ${code.length} bytes long, and ${fits} fit.`);
  const disk = Buffer.alloc(IMAGE_BYTES);
  code.copy(disk);
  return disk;
}
