(module
  (type (;0;) (func (result i32)))
  (type (;1;) (func (param i32) (result i32)))
  (type (;2;) (func (param i32 i32) (result i32)))
  (type (;3;) (func (param i32 i32 i32) (result i32)))
  (type (;4;) (func (param i32 i32 i32 i32 i32) (result i32)))
  (import "e" "t" (table (;0;) 0 funcref))
  (import "e" "resolve" (func (;0;) (type 1) (param i32) (result i32)))
  (import "e" "fail" (func (;1;) (type 1) (param i32) (result i32)))
  (memory (;0;) 1 1)
  (global (;0;) (mut i32) i32.const 0)
  (export "call" (func 4))
  (export "count" (func 5))
  (export "cache" (memory 0))
  (export "resolutions" (global 0))
  (func (;2;) (type 1) (param i32) (result i32)
    (local i32)
    local.get 0
    i32.const 65536
    i32.lt_u
    if ;; label = @1
      local.get 0
      i32.load8_u
      local.tee 1
      if ;; label = @2
        local.get 1
        return
      end
    end
    global.get 0
    i32.const 1
    i32.add
    global.set 0
    local.get 0
    call 0
    local.set 1
    local.get 0
    i32.const 65536
    i32.lt_u
    if ;; label = @1
      local.get 0
      local.get 1
      i32.store8
    end
    local.get 1
  )
  (func (;3;) (type 4) (param i32 i32 i32 i32 i32) (result i32)
    (local i32)
    local.get 1
    call 2
    local.set 5
    local.get 5
    i32.const 4
    i32.and
    if ;; label = @1
      local.get 2
      local.get 3
      local.get 1
      call_indirect (type 2)
      return
    end
    local.get 5
    i32.const 8
    i32.and
    if ;; label = @1
      local.get 2
      local.get 3
      local.get 4
      local.get 1
      call_indirect (type 3)
      return
    end
    local.get 5
    i32.const 2
    i32.and
    if ;; label = @1
      local.get 2
      local.get 1
      call_indirect (type 1)
      return
    end
    local.get 5
    i32.const 1
    i32.and
    if ;; label = @1
      local.get 1
      call_indirect (type 0)
      return
    end
    local.get 0
    call 1
  )
  (func (;4;) (type 4) (param i32 i32 i32 i32 i32) (result i32)
    (local i32)
    local.get 1
    i32.const 65536
    i32.lt_u
    if ;; label = @1
      local.get 1
      i32.load8_u
      local.set 5
    end
    local.get 5
    i32.const 4
    i32.and
    if ;; label = @1
      local.get 2
      local.get 3
      local.get 1
      call_indirect (type 2)
      return
    end
    local.get 5
    i32.const 8
    i32.and
    if ;; label = @1
      local.get 2
      local.get 3
      local.get 4
      local.get 1
      call_indirect (type 3)
      return
    end
    local.get 5
    i32.const 2
    i32.and
    if ;; label = @1
      local.get 2
      local.get 1
      call_indirect (type 1)
      return
    end
    local.get 5
    i32.const 1
    i32.and
    if ;; label = @1
      local.get 1
      call_indirect (type 0)
      return
    end
    local.get 0
    local.get 1
    local.get 2
    local.get 3
    local.get 4
    call 3
  )
  (func (;5;) (type 1) (param i32) (result i32)
    local.get 0
    call 2
    i32.ctz
  )
)
