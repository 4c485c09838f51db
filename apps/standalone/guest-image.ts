/**
 * A bootable disk made from source: one boot sector of 8086 machine code. It says on the first serial port who it is
 * and which server it is, and then sleeps until its power button is pressed. So a real boot needs no download, and
 * the console proves that the guest ran.
 */
const SECTOR = 512;
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

export const IMAGE_NAME = 'novaflow-tiny';
export const GUEST_UP = 'novaflow: guest up';

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
  /** mov si, address of the label */
  movSi(label: string): this {
    this.emit(0xbe).fixups.push({ at: this.bytes.length, label, kind: 'abs16' });
    return this.emit(0, 0);
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

function program(): Buffer {
  const code = new Assembler();
  // cli; cld; ds = es = ss = 0; sp below the code
  code.emit(0xfa, 0xfc, 0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0, 0xbc, ORIGIN & 0xff, ORIGIN >> 8);
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
  // Enable the power button's event (bit 8), sleep until its status bit is set, then enter S5.
  code
    .label('idle')
    .movSi('newline')
    .call('print')
    .movDx(ACPI_PM + 2)
    .movAx(0x0100)
    .emit(0xef);
  code.label('sleep').emit(0xfb, 0xf4).movDx(ACPI_PM).emit(0xed, 0xf6, 0xc4, 0x01).short(JZ, 'sleep');
  code
    .movSi('bye')
    .call('print')
    .movDx(ACPI_PM + 4)
    .movAx(SLEEP_S5)
    .emit(0xef);
  code.label('halt').emit(0xfa, 0xf4).short(JMP, 'halt');
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
  code.label('hello').text(`\r\n${IMAGE_NAME}\r\n${GUEST_UP}\r\nserver `);
  code.label('newline').text('\r\n');
  code.label('bye').text(`${IMAGE_NAME}: power button, going down\r\n`);
  return code.assemble();
}

/** The image as a raw disk. */
export function guestImage(): Buffer {
  const code = program();
  if (code.length > SECTOR - 2) throw new Error(`The boot sector is ${code.length} bytes long, and ${SECTOR - 2} fit.`);
  const disk = Buffer.alloc(IMAGE_BYTES);
  code.copy(disk);
  disk.writeUInt16LE(0xaa55, SECTOR - 2);
  return disk;
}
