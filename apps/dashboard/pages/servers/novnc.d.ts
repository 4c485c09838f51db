/** What the page of a console uses of noVNC, which comes without types (its docs/API.md). */
declare module '@novnc/novnc' {
  export default class RFB extends EventTarget {
    /** Connects at once. Events: `connect`, `disconnect`, and `desktopname` with the name in `detail`. */
    constructor(target: HTMLElement, url: string);
    /** Whether the display is made as large as its place. */
    scaleViewport: boolean;
    disconnect(): void;
    focus(): void;
    sendCtrlAltDel(): void;
  }
}
